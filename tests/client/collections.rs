//! Collections as services have them: there, empty, or not there at all.

use rosefish::schema::Chassis;

use crate::connected;

const CHASSIS: &str = "/redfish/v1/Chassis/1U";

#[tokio::test]
async fn a_collection_that_is_not_linked_has_no_members() {
    let (mock, bmc) = connected().await;
    let mut chassis = mock.resource(CHASSIS).unwrap();
    chassis.as_object_mut().unwrap().remove("Sensors").unwrap();
    mock.set(CHASSIS, chassis);
    let chassis = bmc.get::<Chassis>(CHASSIS).await.unwrap();
    mock.clear_requests();
    assert!(chassis.sensors().members().next().await.is_none());
    assert!(chassis.sensors().members().try_collect::<Vec<_>>().await.unwrap().is_empty());
    assert!(chassis.sensors().members_opt().is_none());
    assert_eq!(mock.request_count(), 0);
}

#[tokio::test]
async fn a_collection_that_is_linked_and_not_there_is_an_error() {
    let (mock, bmc) = connected().await;
    let chassis = bmc.get::<Chassis>(CHASSIS).await.unwrap();
    let all = chassis.sensors().members().try_collect::<Vec<_>>().await.unwrap();
    assert!(!all.is_empty());
    let same = chassis.sensors().members_opt().unwrap().try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(same.len(), all.len());
    mock.remove(&format!("{CHASSIS}/Sensors"));
    assert!(chassis.sensors().members().next().await.unwrap().unwrap_err().is_not_found());
    assert!(chassis.sensors().members_opt().unwrap().next().await.unwrap().unwrap_err().is_not_found());
}
