//! `zoom-operator crds`.

use std::{fs, io::Write as _, path::PathBuf};

use anyhow::Context as _;
use clap::Args;

#[derive(Args, Debug)]
pub(super) struct CrdsArguments {
    /// Write a file for each definition into this folder instead of printing them.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

/// Prints or writes the definitions.
pub(super) fn crds(arguments: &CrdsArguments) -> anyhow::Result<()> {
    let definitions = zoom_operator_api::render().context("render the custom resource definitions")?;
    let Some(folder) = &arguments.output else {
        let text = definitions.into_iter().map(|(_, yaml)| yaml).collect::<Vec<_>>().join("---\n");
        return std::io::stdout().write_all(text.as_bytes()).context("write to standard output");
    };
    for (name, yaml) in definitions {
        let file = folder.join(name);
        fs::write(&file, yaml).with_context(|| format!("write {}", file.display()))?;
    }
    Ok(())
}
