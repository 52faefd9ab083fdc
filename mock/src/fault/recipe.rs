//! Rules and actions for what services are often seen to do, put together from the others.

use super::action::{Action, Answer};
use super::rule::Rule;

/// In which way a resource can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unreadable {
    /// 404 with a Redfish error.
    NotFound,
    /// 500 with a Redfish error.
    ServerError,
    /// 403 with a Redfish error.
    Forbidden,
    /// 200 with a page of HTML, such as the login page of a web interface.
    Html,
    /// 200 with an empty body.
    Empty,
    /// 200 with JSON that breaks off.
    BrokenJson,
    /// The connection is closed without an answer.
    Closed,
    /// There is never an answer, and the connection stays open.
    Silent,
}

impl Unreadable {
    /// All of them but the last, which takes as long as its client waits.
    pub const QUICK: [Self; 7] =
        [Self::NotFound, Self::ServerError, Self::Forbidden, Self::Html, Self::Empty, Self::BrokenJson, Self::Closed];

    /// Returns what happens to a request for such a resource.
    #[must_use]
    pub fn action(self) -> Action {
        match self {
            Self::NotFound => Action::Status(404),
            Self::ServerError => Action::Status(500),
            Self::Forbidden => Action::Status(403),
            Self::Html => Action::html(200),
            Self::Empty => Action::empty(200),
            Self::BrokenJson => {
                Action::Answer(Answer::new(200).header("Content-Type", "application/json").body("{\"@odata.id\":"))
            }
            Self::Closed => Action::Close,
            Self::Silent => Action::Hang,
        }
    }
}

impl Rule {
    /// Creates a rule for reads of the resources at the paths of a pattern, which can't be read. An `$expand` leaves the
    /// links to them as links. [`MockBmc::collections`](crate::MockBmc::collections) lists the members that a
    /// test can break one after the other.
    ///
    /// ```
    /// use rosefish_mock::MockBmc;
    /// use rosefish_mock::fault::{Rule, Unreadable};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let bmc = MockBmc::builder().plain().start().await?;
    /// for (collection, members) in bmc.collections() {
    ///     let Some(first) = members.first() else { continue };
    ///     let broken = bmc.faults().add(Rule::unreadable(first, Unreadable::ServerError));
    ///     // ... whatever lists this collection shows the other members, and says that this one is missing ...
    ///     bmc.faults().remove(broken);
    /// }
    /// # Ok::<(), rosefish_mock::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn unreadable(path: &str, how: Unreadable) -> Self {
        Self::on("GET", path).then(how.action())
    }

    /// Creates a rule for requests that are carried out and answered by 204. What is added with [`Rule::then`] comes
    /// after that:
    ///
    /// ```
    /// use rosefish_mock::fault::{Action, Faults, Rule, Unreadable};
    ///
    /// // The change is made and confirmed; then the resource is not there for three reads.
    /// let gone = Rule::unreadable("{path}", Unreadable::NotFound).times(3);
    /// let faults = Faults::new();
    /// faults.add(Rule::confirmed("PATCH", "**/EthernetInterfaces/*").then(Action::arm(gone)));
    /// ```
    pub fn confirmed(method: &str, path: &str) -> Self {
        Self::on(method, path).then(Action::Apply).then(Action::empty(204))
    }

    /// Creates a rule for requests that are answered by 204 and not carried out.
    pub fn pretended(method: &str, path: &str) -> Self {
        Self::on(method, path).then(Action::empty(204))
    }

    /// Creates a rule for requests that are carried out and answered by a 204 that has a body all the same, with a
    /// content type and a length. It ends the connection, as a client can't distinguish the body from the next answer.
    pub fn no_content_with(method: &str, path: &str, content_type: &str, body: &str) -> Self {
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 204 No Content\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n\
             {body}"
        );
        Self::on(method, path).then(Action::Apply).then(Action::Raw(answer))
    }

    /// Creates a rule for logins by session, which are answered by this status, while Basic authentication is taken. A
    /// 401 says so in `WWW-Authenticate`.
    ///
    /// ```
    /// use rosefish_mock::fault::{Faults, Rule};
    ///
    /// let faults = Faults::new();
    /// faults.add(Rule::sessions_refused(401));
    /// ```
    pub fn sessions_refused(status: u16) -> Self {
        Self::on("POST", "**/Sessions").then(Action::Status(status))
    }

    /// Creates a rule for logouts: a DELETE of a session.
    ///
    /// ```
    /// use rosefish_mock::fault::{Action, Faults, Rule};
    ///
    /// let faults = Faults::new();
    /// faults.add(Rule::logout(Action::Hang).times(1));
    /// faults.add(Rule::logout(Action::Status(405)));
    /// ```
    pub fn logout(action: Action) -> Self {
        Self::on("DELETE", "**/Sessions/*").then(action)
    }

    /// Creates a rule for reads of tasks and task monitors, which say something that is not a task while the operation is
    /// on. The first read is true; then so many are not.
    ///
    /// ```
    /// use rosefish_mock::fault::{Action, Faults, Rule};
    ///
    /// let faults = Faults::new();
    /// faults.add(Rule::task_says(Action::json(200, serde_json::json!({})), 3));
    /// ```
    pub fn task_says(action: Action, times: u64) -> Self {
        Self::on("GET", "**/TaskService/**").skip(1).times(times).then(action)
    }
}
