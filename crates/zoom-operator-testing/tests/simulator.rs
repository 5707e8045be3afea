//! The simulator as a process of its own; `make test` builds its program first.

use serde_json::json;
use zoom_operator_testing::{Binaries, Simulator, SimulatorOptions};

#[tokio::test]
async fn the_simulator_answers_its_controls_and_ends_with_its_handle() -> anyhow::Result<()> {
    let binaries = Binaries::beside_this_program()?;
    let simulator = Simulator::start(&binaries, SimulatorOptions::default()).await?;
    let before = simulator.people().await?.len();

    simulator.add_person(json!({"email": "ada@acme.example", "firstName": "Ada"})).await?;
    simulator.edit_person("ada@acme.example", json!({"lastName": "Lovelace"})).await?;
    let ada = simulator.person("ada@acme.example").await?.expect("she was just added");
    assert_eq!((ada.first_name.as_str(), ada.last_name.as_str(), ada.status.as_str()), ("Ada", "Lovelace", "active"));
    simulator.delete_person("ada@acme.example").await?;
    assert_eq!(simulator.people().await?.len(), before);
    assert!(simulator.journal().await?.is_empty(), "the controls are no calls to Zoom");

    let refused = simulator.add_person(json!({"shoeSize": 38})).await.unwrap_err().to_string();
    assert!(refused.contains("POST") && refused.contains("400"), "{refused}");

    let url = format!("{}/simulator/people", simulator.url());
    drop(simulator);
    assert!(reqwest::get(url).await.is_err(), "the simulator still answers");
    Ok(())
}
