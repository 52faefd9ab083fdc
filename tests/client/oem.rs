//! What the schemas don't know is reached as well: vendors' objects, actions and resources.

use rosefish::schema::EthernetInterface;
use rosefish::{Committed, ErrorKind};
use serde_json::json;

use crate::connected;

const INTERFACE: &str = "/redfish/v1/Managers/1/EthernetInterfaces/Extra";

#[tokio::test]
async fn what_the_schema_gives_no_permissions_may_be_written() {
    let (mock, bmc) = connected().await;
    let interface = json!({
        "@odata.id": INTERFACE,
        "@odata.type": "#EthernetInterface.v1_12_0.EthernetInterface",
        "Id": "Extra",
        "Name": "Extra",
        "IPv4StaticAddresses": [{"Address": "192.0.2.1", "SubnetMask": "255.255.255.0"}],
        "Status": {"Health": "OK"},
    });
    mock.set(INTERFACE, interface);
    let interface = bmc.get::<EthernetInterface>(INTERFACE).await.unwrap();
    let mut edit = interface.edit();
    edit.ipv4_static_addresses.clear();
    assert_eq!(edit.patch().body, r#"{"IPv4StaticAddresses":[]}"#);
    assert!(edit.patch().changes.iter().all(|change| change.writable));
    assert!(matches!(edit.commit().await.unwrap(), Committed::Updated(_)));
    assert_eq!(mock.resource(INTERFACE).unwrap()["IPv4StaticAddresses"], json!([]));

    // All that is in it is read-only.
    let mut edit = interface.edit();
    edit.status = None;
    let error = edit.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAllowed, "{error}");
    assert!(error.to_string().contains("/Status"), "{error}");
}
