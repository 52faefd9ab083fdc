//! Limits on the power that a machine or a part of it draws, wherever a service has them: in `Control` resources, in
//! `EnvironmentMetrics` of chassis and processors, in `Power`. Many services show the same limit in two of these
//! places.

use serde_json::Value;

use super::control::{Form, SetPoint, controls, id};
use super::survey::{Survey, text, to_json};
use crate::resource::AnyResource;
use crate::resource::partial::key;

/// Reads all power limits of these chassis, and of the processors of these systems, without duplicates.
pub(crate) async fn limits(survey: &mut Survey, chassis: &[AnyResource], systems: &[AnyResource]) -> Vec<SetPoint> {
    let mut found = controls(survey, chassis).await;
    found.retain(is_power);
    let mut parts: Vec<AnyResource> = chassis.to_vec();
    for system in systems {
        parts.extend(survey.members_with(system, "Processors", "EnvironmentMetrics").await);
    }
    let mut own = Vec::new();
    for part in &parts {
        let Some(metrics) = survey.one(part, "EnvironmentMetrics").await else { continue };
        let Some(excerpt) = excerpt(&metrics, part) else { continue };
        let source = text(&excerpt.json, "DataSourceUri").map(str::to_owned);
        let known = source.and_then(|source| found.iter().position(|one| key(&one.uri()) == key(&source)));
        let at = match known {
            Some(at) => {
                if let Some(one) = found.get_mut(at) {
                    one.also_at.push(excerpt.uri());
                }
                at
            }
            None => {
                found.push(excerpt);
                found.len().saturating_sub(1)
            }
        };
        own.push((key(part.uri()).to_owned(), at));
    }
    for chassis in chassis {
        let Some(power) = survey.one(chassis, "Power").await else { continue };
        let newer = own.iter().find(|(uri, _)| uri == key(chassis.uri())).map(|(_, at)| *at);
        let newer = newer.or_else(|| found.iter().position(|one| is_of_chassis(one, chassis)));
        for (place, limit) in in_power(&power, chassis).into_iter().enumerate() {
            // The first is the limit of the whole machine, which newer schemas represent elsewhere.
            let same = newer.and_then(|at| found.get_mut(at)).filter(|one| place == 0 && is_same(one, &limit));
            match same {
                Some(one) => one.also_at.push(limit.uri()),
                None => found.push(limit),
            }
        }
    }
    found
}

/// Returns whether a control limits power in watts; some do so in percent.
fn is_power(control: &SetPoint) -> bool {
    text(&control.json, "ControlType") == Some("Power") && matches!(control.unit().as_deref(), None | Some("W"))
}

/// Returns whether it is the control of a whole chassis.
fn is_of_chassis(control: &SetPoint, chassis: &AnyResource) -> bool {
    let context = text(&control.json, "PhysicalContext");
    control.form == Form::Control
        && key(control.resource.uri()).starts_with(&format!("{}/", key(chassis.uri())))
        && matches!(context, None | Some("Chassis"))
}

fn is_same(newer: &SetPoint, older: &SetPoint) -> bool {
    let in_force = |one: &SetPoint| one.value().filter(|_| one.is_active() != Some(false));
    match (in_force(newer), in_force(older)) {
        (Some(newer), Some(older)) => newer == older,
        // If a limit is not in force, or was just changed, one of the two may lack it.
        _ => true,
    }
}

/// Returns the power limit in the metrics of a part.
fn excerpt(metrics: &AnyResource, part: &AnyResource) -> Option<SetPoint> {
    let json = to_json(metrics).get("PowerLimitWatts")?.clone();
    json.get("SetPoint").or_else(|| json.get("ControlMode"))?;
    let of = to_json(part);
    let name = format!("{} power limit", text(&of, "Name").unwrap_or_else(|| text(&of, "Id").unwrap_or("part")));
    Some(SetPoint {
        form: Form::Excerpt,
        resource: metrics.clone(),
        pointer: "/PowerLimitWatts".to_owned(),
        id: id(part, &of),
        name,
        json,
        also_at: Vec::new(),
    })
}

/// Returns the limits in `Power`. Elements without a limit are left out.
fn in_power(power: &AnyResource, chassis: &AnyResource) -> Vec<SetPoint> {
    let json = to_json(power);
    let elements = match json.get("PowerControl") {
        Some(Value::Array(all)) => all.as_slice(),
        _ => &[],
    };
    let chassis = id(chassis, &to_json(chassis));
    let has_limit = |json: &Value| json["PowerLimit"].get("LimitInWatts").is_some();
    let count = elements.iter().filter(|json| has_limit(json)).count();
    let of = |(at, json): (usize, &Value)| SetPoint {
        form: Form::PowerControl,
        resource: power.clone(),
        pointer: format!("/PowerControl/{at}"),
        id: if count == 1 { chassis.clone() } else { format!("{chassis}/{at}") },
        name: text(json, "Name").unwrap_or("Power limit").to_owned(),
        json: json.clone(),
        also_at: Vec::new(),
    };
    elements.iter().enumerate().filter(|(_, json)| has_limit(json)).map(of).collect()
}
