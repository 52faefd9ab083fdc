//! The time of a call: what takes many steps ends with it, and gives what was read until then.

use std::time::{Duration, Instant};

use rosefish::ipmi::ReadError;
use rosefish::ipmi::command::chassis::ChassisIdentify;
use rosefish_mock::ipmi::{Act, MockIpmi, Rule};

use crate::builder;

const STORAGE: u8 = 0x0a;

/// Each answer comes, and late: it is the whole that would take long.
#[tokio::test]
async fn what_takes_many_steps_ends_with_the_time_of_the_call() {
    let late = Rule { netfn: STORAGE, command: None, times: u32::MAX, act: Act::Late(Duration::from_millis(100)) };
    let bmc = MockIpmi::builder().rule(late).start().await.unwrap();
    let client = builder(&bmc).connect().await.unwrap();
    const TIME: Duration = Duration::from_millis(300);
    let within = || (client.within(TIME), Instant::now());
    let mut took = Vec::new();
    let (call, begun) = within();
    let records = call.sdr().collect_all().await.unwrap();
    took.push(("sdr", begun.elapsed(), records.missing.last().is_some_and(ReadError::ends_list)));
    let (call, begun) = within();
    let entries = call.sel().collect_all().await.unwrap();
    took.push(("sel", begun.elapsed(), entries.missing.last().is_some_and(ReadError::ends_list)));
    let (call, begun) = within();
    // The records say where devices are: that alone takes too long here.
    let devices = call.frus().collect_all().await;
    took.push(("frus", begun.elapsed(), devices.is_err_and(|error| error.is_timeout())));
    let (call, begun) = within();
    let memory = call.fru_bytes(0).await;
    took.push(("fru", begun.elapsed(), memory.is_err_and(|error| error.is_timeout())));
    let (call, begun) = within();
    let sensors = call.sensors().await.unwrap();
    took.push(("sensors", begun.elapsed(), !sensors.missing.is_empty()));
    for (what, took, is_told) in took {
        assert!(took < TIME + Duration::from_millis(300) && is_told, "{what}: {took:?}, {is_told}");
    }
    // The session is as good as before.
    assert!(client.self_test().await.is_ok());
    let identify = ChassisIdentify::For(Duration::from_secs(1));
    let late = client.within(Duration::ZERO).chassis_identify(identify).await.unwrap_err();
    assert!(late.is_timeout() && !late.may_have_acted(), "nothing was sent");
}
