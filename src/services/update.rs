//! Firmware images that are sent to a service itself (DSP0266, "Software update"): by multipart where it takes that, else
//! plainly. Updates whose image the service fetches are an action, `simple_update`.

use std::fmt;
use std::future::IntoFuture;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt as _};
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::image::UploadImage;
use super::reservation::{Reservation, Wishes};
use crate::client::outgoing::Outgoing;
use crate::client::{Client, Request};
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::action::Reply;
use crate::resource::apply_time::Apply;
use crate::schema::UpdateService;
use crate::schema::update_service::UpdateParameters;
use crate::transport::Body;
use crate::wire::encode;

/// How long an upload may stand still: BMCs erase flash meanwhile.
const STALL: Duration = Duration::from_secs(5 * 60);

/// How long the answer may take: there are services that write an image to flash before they answer.
const ANSWER: Duration = Duration::from_secs(30 * 60);

const OCTETS: &str = "application/octet-stream";
const JSON: &str = "application/json";

/// How far an upload is. Both counts are of the image alone, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadProgress {
    /// How many bytes were handed to the connection. What it holds back before it sends is some hundred kilobytes.
    pub sent: u64,
    /// How many there are.
    pub total: u64,
}

/// An image about to be sent: `.await` sends it.
///
/// It is sent at most once. As soon as something of it went out, nothing sends it again: neither after a connection that broke, nor
/// after a 401 or a redirect. To find out before that whether the session is still there, the update service is read first.
///
/// An upload takes as long as it takes, as long as it moves: it fails with [`ErrorKind::Timeout`] where the connection takes no byte of it
/// for five minutes, or no answer has come half an hour after the last one ([`stall_timeout`](Self::stall_timeout),
/// [`answer_timeout`](Self::answer_timeout)). The time that the client's calls may take does not count here.
#[must_use = "an image is sent when it is awaited"]
pub struct Upload {
    client: Client,
    service: Resource<UpdateService>,
    file: String,
    image: UploadImage,
    parameters: UpdateParameters,
    oem: Option<String>,
    oem_parts: Vec<OemPart>,
    apply: Option<Apply>,
    progress: Option<Box<dyn FnMut(UploadProgress) + Send>>,
    timeout: Option<Duration>,
    stall: Duration,
    answer: Duration,
}

/// A part of a form that the standard leaves to vendors.
struct OemPart {
    name: String,
    kind: String,
    body: Bytes,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("file", &self.file).field("image", &self.image).finish_non_exhaustive()
    }
}

impl Resource<UpdateService> {
    /// Sends an image to the service, by `MultipartHttpPushUri` where there is one, else by `HttpPushUri`. What is asked for beside
    /// the image, targets and the like, goes with a form; without one it is written to the service before (`HttpPushUriTargets`,
    /// `HttpPushUriOptions`), reserved while the image goes out, and put back then. The image goes out
    /// as one body whose length is said before, as some services don't take it in chunks, and is read piece by piece as it
    /// goes out. It is bytes, or an [`UploadImage`] from a file or a reader.
    ///
    /// ```no_run
    /// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
    /// use std::time::Duration;
    ///
    /// use rosefish::UploadImage;
    ///
    /// let service = bmc.root().update_service().await?;
    /// let image = UploadImage::open("bmc-2.10.bin").await?;
    /// let upload = service.upload("bmc-2.10.bin", image).with(|with| with.force_update = Some(true));
    /// let reply = upload.on_progress(|progress| println!("{} of {}", progress.sent, progress.total)).await?;
    /// if let Some(task) = reply.task {
    ///     task.wait(Duration::from_secs(1800)).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Awaiting it fails where the service takes no uploads or none so large (nothing was sent), refuses it, or can't be
    /// reached; with [`ErrorKind::Body`] where the image can't be read or is not as long as was said: the request is broken
    /// off. [`Error::outcome_unknown`] says that some of it went out and what became of it is not known.
    pub fn upload(&self, file: impl Into<String>, image: impl Into<UploadImage>) -> Upload {
        Upload {
            client: self.client().clone(),
            service: self.clone(),
            file: file.into(),
            image: image.into(),
            parameters: UpdateParameters::default(),
            oem: None,
            oem_parts: Vec::new(),
            apply: None,
            progress: None,
            timeout: None,
            stall: STALL,
            answer: ANSWER,
        }
    }
}

impl Upload {
    /// Sets parameters of the update: what it is for, whether older firmware is taken. Other parameters than these two go with
    /// multipart only.
    pub fn with(mut self, set: impl FnOnce(&mut UpdateParameters)) -> Self {
        set(&mut self.parameters);
        self
    }

    /// Sets the JSON of a part `OemParameters` between the parameters and the image, where AMI's services insist on it.
    pub fn oem_parameters(mut self, json: impl Into<String>) -> Self {
        self.oem = Some(json.into());
        self
    }

    /// Adds a part of a vendor's own behind the image, where the standard has those: its name, which begins with `Oem`, its
    /// content type, and what is in it. For multipart only.
    pub fn oem_part(mut self, name: impl Into<String>, kind: impl Into<String>, body: impl Into<Bytes>) -> Self {
        self.oem_parts.push(OemPart { name: name.into(), kind: kind.into(), body: body.into() });
        self
    }

    /// Has the image applied at a certain time (`@Redfish.OperationApplyTime`; without multipart, `HttpPushUriApplyTime`).
    pub fn apply(mut self, when: Apply) -> Self {
        self.apply = Some(when);
        self
    }

    /// Calls a function whenever a piece of the image was handed to the connection; the last time with all of it. It is called where
    /// the connection is served, so it must not block.
    pub fn on_progress(mut self, progress: impl FnMut(UploadProgress) + Send + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Sets how long the upload may take as a whole. Defaults to no limit, as long as it moves.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how long the upload may stand still, without a byte that the connection takes or the image has. Defaults to 5
    /// minutes.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.stall = timeout;
        self
    }

    /// Sets how long the answer may take after the last byte. Defaults to 30 minutes: there are services that write the image to
    /// flash before they answer.
    pub fn answer_timeout(mut self, timeout: Duration) -> Self {
        self.answer = timeout;
        self
    }

    /// What is sent where, if the service takes it at all.
    fn form(&self) -> Result<(String, Form), Error> {
        let refuse = |kind, text: &str| Err(Error::new(kind, text).at("POST", self.service.uri()));
        let length = self.image.length();
        if let Some(largest) = self.service.max_image_size_bytes.and_then(|largest| u64::try_from(largest).ok())
            && largest > 0
            && length > largest
        {
            let text = format!("the image has {length} bytes, and the service takes at most {largest}");
            return refuse(ErrorKind::NotAllowed, &text);
        }
        let uri = |uri: &Option<String>| uri.clone().filter(|uri| !uri.trim().is_empty());
        match (uri(&self.service.multipart_http_push_uri), uri(&self.service.http_push_uri)) {
            (Some(uri), _) => {
                let mut parameters = encode(&self.parameters);
                if let Some(when) = &self.apply {
                    parameters = when.with_operation(&parameters);
                }
                Ok((uri, self.multipart(&parameters)?))
            }
            (None, Some(uri)) => {
                let mut others = self.parameters.clone();
                (others.targets, others.force_update) = (Vec::new(), None);
                if encode(&others) != "{}" || self.oem.is_some() || !self.oem_parts.is_empty() {
                    let text = "this service takes images without parameters only (it has no MultipartHttpPushUri)";
                    return refuse(ErrorKind::NotAllowed, text);
                }
                let kind = HeaderValue::from_static(OCTETS);
                Ok((uri, Form { kind, before: Bytes::new(), behind: Bytes::new(), wishes: Some(self.wishes()) }))
            }
            (None, None) => {
                let text = "this service takes no uploads (it has neither MultipartHttpPushUri nor HttpPushUri)";
                refuse(ErrorKind::Missing, text)
            }
        }
    }

    /// What is asked for beside the image, where there is no form for it.
    fn wishes(&self) -> Wishes {
        let UpdateParameters { targets, force_update, .. } = &self.parameters;
        Wishes { targets: targets.clone(), apply: self.apply.clone(), force: *force_update }
    }

    /// The parts in the order in which services want them.
    fn multipart(&self, parameters: &str) -> Result<Form, Error> {
        let boundary = boundary();
        let head = |name: &str, more: &str, kind: &str| {
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\nContent-Type: {kind}\r\n\r\n"
            )
        };
        let mut before = head("UpdateParameters", "", JSON) + parameters + "\r\n";
        if let Some(oem) = &self.oem {
            before += &(head("OemParameters", "", JSON) + oem + "\r\n");
        }
        before += &head("UpdateFile", &format!("; filename=\"{}\"", quotable(&self.file)), OCTETS);
        let mut behind = b"\r\n".to_vec();
        for OemPart { name, kind, body } in &self.oem_parts {
            if !name.starts_with("Oem") || *name != quotable(name) || HeaderValue::from_str(kind).is_err() {
                let text =
                    format!("{name:?} of the type {kind:?} can't be a part of an update: its name begins with Oem");
                return Err(Error::new(ErrorKind::Configuration, text).at("POST", self.service.uri()));
            }
            behind.extend_from_slice(head(name, "", kind).as_bytes());
            behind.extend_from_slice(body);
            behind.extend_from_slice(b"\r\n");
        }
        behind.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let kind = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
        let kind = kind.unwrap_or(HeaderValue::from_static(OCTETS));
        Ok(Form { kind, before: before.into(), behind: behind.into(), wishes: None })
    }

    async fn send(self) -> Result<Reply, Error> {
        let (uri, Form { kind, before, behind, wishes }) = self.form()?;
        let mut request = Request::new("POST", uri).header(CONTENT_TYPE, kind);
        request.timeout = Some(self.timeout.unwrap_or(Duration::MAX));
        let (total, mut sent, mut progress) = (self.image.length(), 0_u64, self.progress);
        let image = self.image.0.inspect(move |piece| {
            if let (Ok(piece), Some(progress)) = (piece, &mut progress) {
                sent = sent.saturating_add(piece.len() as u64);
                progress(UploadProgress { sent, total });
            }
        });
        let length = total.saturating_add(before.len() as u64).saturating_add(behind.len() as u64);
        let around = |text| stream::iter([Ok(text)]);
        let body = Body::sized(length, around(before).chain(image).chain(around(behind)));
        request.stream = Some(Outgoing::new(body, self.stall, self.answer));
        // A session that has ended is found out before the image goes out: it goes out once.
        let look = Request::get(self.service.uri().to_owned());
        let looked = self.client.send(look.clone()).await?;
        if matches!(looked.status, 401 | 403) {
            looked.success(&look)?;
        }
        let held = match wishes {
            Some(wishes) => Reservation::take(&self.service, wishes).await?,
            None => None,
        };
        let response = self.client.send(request.clone()).await;
        if let Some(held) = held
            && let Err(error) = held.give_back().await
        {
            let origin = self.client.origin();
            tracing::warn!(origin, error = %error.report(), "the upload's reservation is left at the service");
        }
        let response = response?;
        Ok(Reply::<()>::of(&self.client, &request, response)?.with(|_| None))
    }
}

/// What stands around an image in a body, and the type of the whole.
struct Form {
    kind: HeaderValue,
    before: Bytes,
    behind: Bytes,
    /// What is written to the service before, where there is no place for it here.
    wishes: Option<Wishes>,
}

/// A name without what would end it.
fn quotable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect()
}

impl IntoFuture for Upload {
    type Output = Result<Reply, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// What no image has in it.
fn boundary() -> String {
    let state = RandomState::new();
    format!("rosefish-{:016x}{:016x}", state.hash_one(0_u8), state.hash_one(1_u8))
}
