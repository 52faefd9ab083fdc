//! The account that a client is logged in with, when it is changed as a resource: the client continues with the new name and
//! password.

use serde_json::Value;

use crate::client::Request;
use crate::resource::AnyResource;

/// Takes note of a change of an account that the service has confirmed. Has no effect for accounts of others, and for
/// resources that are not accounts.
pub(crate) fn note(account: &AnyResource, change: &Request) {
    if account.table().schema() != "ManagerAccount" {
        return;
    }
    let Some(user) = account.record().text("UserName").map(str::to_owned) else { return };
    let Some(Ok(Value::Object(body))) = change.body.as_ref().map(|(body, _)| serde_json::from_slice(body)) else {
        return;
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    // The parameter of `ManagerAccount.ChangePassword` bears another name than the property.
    let password = text("Password").or(text("NewPassword"));
    account.client().own_account_changed(&user, text("UserName"), password);
}
