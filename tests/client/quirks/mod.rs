//! What real services do otherwise than the standard says, each against the mock that does it as well.
//!
//! | | what it does | test |
//! | --- | --- | --- |
//! | B1, B2, B4 | ETags with `-gzip`, weak by compression, empty, without quotes | `writes::tags_that_services_spoil_are_sent_in_the_form_that_they_take` |
//! | B2 | 406 for whoever takes no compression | `writes::a_service_that_only_compresses_is_read_and_changed` |
//! | B3 | 412 for actions with If-Match | `actions::actions_are_without_if_match` |
//! | B3, B5, B6 | boot override in the settings, or not, or elsewhere | `writes::the_boot_override_goes_where_the_service_takes_it` |
//! | B7 | media without actions, `Inserted` late, slots that take nothing | `actions::media_without_actions_is_inserted_by_a_change`, `media::an_image_is_inserted_and_ejected_whatever_the_service_wants` |
//! | B8 | no apply time, no continuous override | `writes::what_this_service_can_not_do_is_refused_in_its_words` |
//! | B8 | the monitor is gone after one look; 16 sessions | `actions::a_task_that_is_forgotten_when_it_ends_is_done`, `access::a_full_table_of_sessions_is_an_error_of_its_own` |
//! | B9, B12 | media that wants less or more | `actions::media_wants_less_or_more_and_says_so`, `media::an_image_is_inserted_and_ejected_whatever_the_service_wants` |
//! | B9 | a detached slot keeps its image | `actions::a_detached_slot_may_keep_its_image` |
//! | B10 | `UsbCd`, boot mode wanted or refused | `writes::boot_targets_and_modes_as_vendors_have_them`, `media::a_boot_override_is_set_in_the_words_of_the_service` |
//! | B11 | a slash at the end of the sessions | `access::a_login_follows_its_slash_and_stays_a_login` |
//! | B11 | 500 for an update that succeeds; no progress | `actions::an_update_that_answers_500_was_sent_once`, `actions::a_task_without_progress_ends_all_the_same` |
//! | B13 | `{}` for actions, no ResetType | `actions::actions_without_parameters_send_an_empty_object` |
//! | B14 | 400 while busy | `actions::a_service_that_is_busy_is_asked_again_where_that_is_safe` |
//! | B15 | a job that is not there yet; a task that is purged | `actions::a_job_that_is_late_is_waited_for`, `actions::a_task_that_is_forgotten_when_it_ends_is_done` |
//! | B15, B24 | uploads by multipart, or not at all | `updates` |
//! | B16 | accounts in slots | `writes::accounts_in_slots_are_created_and_deleted_by_change` |
//! | B17 | PATCH answers a message, or nothing | `writes::a_change_is_read_back_where_its_answer_does_not_show_it` |
//! | B17 | the monitor below the task | `actions::a_monitor_may_be_below_its_task` |
//! | B18 | LogEntriesETag | `actions::a_log_is_cleared_with_the_tag_of_its_entries` |
//! | B19 | session table full as 503 or 400; logout 400 or 401 | `access::a_full_table_of_sessions_is_an_error_of_its_own`, `access::a_logout_that_is_refused_hurts_nobody` |
//! | B20 | 401 now and then; addresses blocked | `access::a_401_for_no_reason_costs_one_login_and_no_session`, `access::a_wrong_password_is_sent_once_however_many_ask` |
//! | B21 | session Location missing, absolute, foreign; root wants a login | `access::sessions_end_however_the_service_names_them` |
//! | B22 | PasswordChangeRequired | `access::who_has_to_change_the_password_can_do_that_and_nothing_else` |
//! | B23 | gone for a reset, then not ready | `actions::a_service_that_restarts_is_waited_for` |
//! | A22, A25 | no count, no members | `answers::collections_without_members_are_empty` |
//! | A27 | ETags that are numbers, or break the JSON | `answers::odd_tags_in_bodies_are_used_and_broken_ones_told` |
//! | A30 | a root without links | `answers::a_root_that_names_nothing_is_enough` |
//! | A37 | `$expand` loses properties | `queries::members_that_lost_properties_when_they_were_expanded_are_read_themselves` |
//! | A40, A51 | no actions, or with a capital | `answers::actions_are_found_or_missed_before_anything_is_sent` |
//! | A42, A43, A44 | errors in all shapes, or none | `answers::errors_are_understood_in_every_shape` |
//! | A45 | 202 whose task is in the body | `answers::a_task_may_be_named_in_the_answers_body` |
//! | A52, A53 | absolute, slashed and empty links; odd types | `answers::links_lead_on_however_they_are_written` |
//!
//! All quirks there are in turn: `no_quirk_keeps_a_client_from_its_work`. What is only about decoding is in `tests/wire_quirks.rs`.

use rosefish::Client;
use rosefish::schema::ComputerSystem;
use rosefish::schema::resource::ResetType;
use rosefish_mock::{Builder, MockBmc, Quirk};

use crate::{all_ended, builder};

mod access;
mod actions;
mod answers;
mod updates;
mod writes;

const SYSTEM: &str = "/redfish/v1/Systems/1";
const ACCOUNTS: &str = "/redfish/v1/AccountService/Accounts";

/// A service with a quirk, and a client of it.
async fn with(quirk: Quirk) -> (MockBmc, Client) {
    started(MockBmc::builder().quirk(quirk)).await
}

async fn started(mock: Builder) -> (MockBmc, Client) {
    let mock = mock.start().await.unwrap();
    let bmc = builder(&mock).connect().await.unwrap();
    (mock, bmc)
}

#[tokio::test]
async fn no_quirk_keeps_a_client_from_its_work() {
    for quirk in Quirk::ALL {
        let (mock, bmc) = with(*quirk).await;
        let work = async {
            let mut systems = bmc.root().systems().members();
            let mut dimms = 0;
            while let Some(system) = systems.try_next().await? {
                dimms += system.memory().members().try_collect::<Vec<_>>().await?.len();
            }
            let _ = tag(&bmc, "rack 7").await?;
            system(&bmc).await.reset(ResetType::ForceOff).await?;
            Ok::<_, rosefish::Error>(dimms)
        };
        let dimms = work.await.unwrap_or_else(|error| panic!("{quirk}: {error}"));
        assert!(dimms >= 8, "{quirk}: {dimms} DIMMs");
        let system = mock.resource(SYSTEM).unwrap();
        let pending = mock.resource(&format!("{SYSTEM}/Settings")).unwrap_or_default();
        assert!(system["AssetTag"] == "rack 7" || pending["AssetTag"] == "rack 7", "{quirk}");
        mock.requests().to("POST", "**/ComputerSystem.Reset").assert_once();
        drop(bmc);
        all_ended(&mock).await;
    }
}

async fn system(bmc: &Client) -> rosefish::Resource<ComputerSystem> {
    bmc.get(SYSTEM).await.unwrap()
}

async fn tag(bmc: &Client, text: &str) -> Result<rosefish::Committed<ComputerSystem>, rosefish::Error> {
    let mut edit = system(bmc).await.edit();
    edit.asset_tag = Some(text.to_owned());
    edit.commit().await
}
