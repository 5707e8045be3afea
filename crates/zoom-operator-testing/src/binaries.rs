use std::path::{Path, PathBuf};

/// Where the project's programs are.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// `zoom-operator`.
    pub operator: PathBuf,
    /// `zoom-simulator`.
    pub simulator: PathBuf,
}

impl Binaries {
    /// The programs in the folder of `operator`, which a test of the root package knows as
    /// `env!("CARGO_BIN_EXE_zoom-operator")`.
    ///
    /// # Errors
    ///
    /// When one of them is not there; says how to build it.
    pub fn beside(operator: impl AsRef<Path>) -> anyhow::Result<Self> {
        let operator = operator.as_ref();
        let binaries = Self { operator: operator.to_path_buf(), simulator: operator.with_file_name("zoom-simulator") };
        for (path, package) in [(&binaries.operator, "zoom-operator"), (&binaries.simulator, "zoom-simulator")] {
            anyhow::ensure!(
                path.is_file(),
                "{} is not built yet: run `cargo build -p {package}` (with --release for that folder), or `make test`",
                path.display()
            );
        }
        Ok(binaries)
    }

    /// The programs beside the one that is running now, or for a test or example beside its folder.
    ///
    /// # Errors
    ///
    /// When one of them is not there; says how to build it.
    pub fn beside_this_program() -> anyhow::Result<Self> {
        let mut folder = std::env::current_exe()?;
        folder.pop();
        if folder.ends_with("deps") || folder.ends_with("examples") {
            folder.pop();
        }
        Self::beside(folder.join("zoom-operator"))
    }
}
