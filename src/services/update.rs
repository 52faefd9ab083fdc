//! Firmware images that are sent to a service itself (DSP0266, "Software update"): by multipart where it takes that, else
//! plainly. Updates whose image the service fetches are an action, `simple_update`.

use std::fmt;
use std::future::IntoFuture;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http::HeaderValue;

use crate::client::{Client, Request};
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::action::Reply;
use crate::resource::apply_time::Apply;
use crate::schema::UpdateService;
use crate::schema::update_service::UpdateParameters;
use crate::wire::encode;

/// How long an upload may take if nothing else is said: images have hundreds of megabytes, and BMCs slow flash.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

const OCTETS: &str = "application/octet-stream";

/// An image about to be sent: `.await` sends it. At most once: a lost answer is an error, not a second try.
#[must_use = "an image is sent when it is awaited"]
pub struct Upload {
    client: Client,
    service: String,
    multipart: Option<String>,
    plain: Option<String>,
    largest: Option<i64>,
    file: String,
    image: Bytes,
    parameters: UpdateParameters,
    oem: Option<String>,
    apply: Option<Apply>,
    timeout: Duration,
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("file", &self.file).field("size", &self.image.len()).finish_non_exhaustive()
    }
}

impl Resource<UpdateService> {
    /// Sends an image to the service, by `MultipartHttpPushUri` where there is one, else by `HttpPushUri`. The image goes out
    /// as one body whose length is said before, as some services don't take it in chunks.
    ///
    /// ```no_run
    /// # async fn run(bmc: rosefish::Client, image: Vec<u8>) -> Result<(), rosefish::Error> {
    /// use std::time::Duration;
    ///
    /// let service = bmc.root().update_service().await?;
    /// let reply = service.upload("bmc-2.10.bin", image).with(|with| with.force_update = Some(true)).await?;
    /// if let Some(task) = reply.task {
    ///     task.wait(Duration::from_secs(1800)).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn upload(&self, file: impl Into<String>, image: impl Into<Bytes>) -> Upload {
        let uri = |uri: &Option<String>| uri.clone().filter(|uri| !uri.trim().is_empty());
        Upload {
            client: self.client().clone(),
            service: self.uri().to_owned(),
            multipart: uri(&self.multipart_http_push_uri),
            plain: uri(&self.http_push_uri),
            largest: self.max_image_size_bytes,
            file: file.into(),
            image: image.into(),
            parameters: UpdateParameters::default(),
            oem: None,
            apply: None,
            timeout: PATIENCE,
        }
    }
}

impl Upload {
    /// Sets parameters of the update: what it is for, whether older firmware is taken. For multipart only.
    pub fn with(mut self, set: impl FnOnce(&mut UpdateParameters)) -> Self {
        set(&mut self.parameters);
        self
    }

    /// The JSON of a part `OemParameters` between the parameters and the image, which some vendors insist on.
    pub fn oem_parameters(mut self, json: impl Into<String>) -> Self {
        self.oem = Some(json.into());
        self
    }

    /// Has the image applied at a certain time (`@Redfish.OperationApplyTime`). For multipart only.
    pub fn apply(mut self, when: Apply) -> Self {
        self.apply = Some(when);
        self
    }

    /// How long the upload may take as a whole; half an hour unless said so.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn request(&self) -> Result<Request, Error> {
        let refuse = |kind, text: &str| Err(Error::new(kind, text).at("POST", &self.service));
        if let Some(largest) =
            self.largest.and_then(|largest| u64::try_from(largest).ok()).filter(|largest| *largest > 0)
            && self.image.len() as u64 > largest
        {
            let text = format!("the image has {} bytes, and the service takes at most {largest}", self.image.len());
            return refuse(ErrorKind::NotAllowed, &text);
        }
        let mut parameters = encode(&self.parameters);
        if let Some(when) = &self.apply {
            parameters = when.with_operation(&parameters);
        }
        let (uri, body, kind) = match (&self.multipart, &self.plain) {
            (Some(uri), _) => {
                let boundary = boundary();
                let body = self.form(&boundary, &parameters);
                (uri, body, format!("multipart/form-data; boundary={boundary}"))
            }
            (None, Some(_)) if parameters != "{}" || self.oem.is_some() => {
                let text = "this service takes images without parameters only (it has no MultipartHttpPushUri)";
                return refuse(ErrorKind::NotAllowed, text);
            }
            (None, Some(uri)) => (uri, self.image.clone(), OCTETS.to_owned()),
            (None, None) => {
                let text = "this service takes no uploads (it has neither MultipartHttpPushUri nor HttpPushUri)";
                return refuse(ErrorKind::Missing, text);
            }
        };
        let mut request = Request::new("POST", uri.clone());
        let kind = HeaderValue::try_from(kind).unwrap_or(HeaderValue::from_static(OCTETS));
        request.body = Some((body, kind));
        request.timeout = Some(self.timeout);
        Ok(request)
    }

    /// The parts in the order in which services want them.
    fn form(&self, boundary: &str, parameters: &str) -> Bytes {
        let mut form = BytesMut::with_capacity(self.image.len() + 1024);
        let mut part = |name: &str, kind: &str, body: &[u8]| {
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
            );
            form.put_slice(head.as_bytes());
            form.put_slice(body);
            form.put_slice(b"\r\n");
        };
        part("UpdateParameters", "application/json", parameters.as_bytes());
        if let Some(oem) = &self.oem {
            part("OemParameters", "application/json", oem.as_bytes());
        }
        let file: String = self.file.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
        part(&format!("UpdateFile\"; filename=\"{file}"), OCTETS, &self.image);
        form.put_slice(format!("--{boundary}--\r\n").as_bytes());
        form.freeze()
    }
}

impl IntoFuture for Upload {
    type Output = Result<Reply, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let request = self.request()?;
            let response = self.client.send(request.clone()).await?;
            Ok(Reply::<()>::of(&self.client, &request, response)?.with(|_| None))
        })
    }
}

/// What no image has in it.
fn boundary() -> String {
    let state = RandomState::new();
    format!("rosefish-{:016x}{:016x}", state.hash_one(0_u8), state.hash_one(1_u8))
}
