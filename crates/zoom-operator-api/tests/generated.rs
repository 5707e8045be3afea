//! What the definitions say, as far as it shows without an API server.

use std::{env, fs, path::PathBuf};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use rstest::rstest;
use zoom_operator_api::{crds, render};

/// Where the definitions are committed.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../crds")
}

#[test]
fn committed_definitions_equal_the_generated_ones() {
    let update = env::var_os("UPDATE_CRDS").is_some();
    for (file, yaml) in render().unwrap() {
        let path = folder().join(&file);
        if update {
            fs::write(&path, &yaml).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == yaml, "crds/{file} is out of date: run `make crds`");
    }
}

#[test]
fn no_definition_is_committed_that_is_not_generated() {
    let generated: Vec<_> = render().unwrap().into_iter().map(|(file, _)| file).collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        assert!(generated.contains(&file), "crds/{file} belongs to no kind: delete it");
    }
}

#[test]
fn the_written_definitions_read_back_as_they_are() {
    let read: Vec<CustomResourceDefinition> =
        render().unwrap().iter().map(|(_, yaml)| serde_saphyr::from_str(yaml).unwrap()).collect();
    assert_eq!(read, crds());
}

/// Flux takes the word in a refusal as an invitation to delete the object and create it anew.
#[rstest]
#[case("immutable")]
#[case("uint")]
#[case("nullable")]
fn no_definition_holds_the_word(#[case] word: &str) {
    for (file, yaml) in render().unwrap() {
        assert!(!yaml.to_lowercase().contains(word), "{file} says {word}");
    }
}

#[test]
fn every_field_of_every_spec_and_status_is_documented() {
    for crd in crds() {
        let schema = serde_json::to_value(&crd.spec.versions[0].schema).unwrap();
        let mut bare = vec![];
        undocumented(&schema["openAPIV3Schema"], &crd.spec.names.kind, &mut bare);
        bare.retain(|path| !path.ends_with(".spec") && !path.ends_with(".status"));
        assert!(bare.is_empty(), "fields without a description: {bare:?}");
    }
}

fn undocumented(schema: &serde_json::Value, path: &str, bare: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        if property["description"].as_str().is_none_or(str::is_empty) {
            bare.push(path.clone());
        }
        undocumented(property, &path, bare);
        undocumented(&property["items"], &path, bare);
    }
}
