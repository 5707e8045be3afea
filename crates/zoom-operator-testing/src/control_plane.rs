use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::OnceCell;

use crate::process::Process;
use crate::{install_crypto_provider, project_root};

/// Far above the few seconds that it takes, for machines that are busy with other tests.
const START_DEADLINE: Duration = Duration::from_secs(120);
const COMMAND_DEADLINE: Duration = Duration::from_secs(120);

/// A Kubernetes control plane on this machine: etcd, kube-apiserver and kube-controller-manager, without nodes.
///
/// Namespaces are really deleted (that takes about 5 s, the controller's own pause) and owners' dependants collected (for
/// the kinds of a new CRD only after up to 30 s). RBAC, Pod Security admission and service account tokens work.
#[derive(Debug)]
pub struct ControlPlane {
    process: Process,
    _stdout: BufReader<ChildStdout>,
    programs: PathBuf,
    /// The control plane's own: `start` removes it, also where nobody here can any more.
    folder: TempDir,
    kubeconfig: PathBuf,
    crds: OnceCell<()>,
}

impl ControlPlane {
    /// The control plane that all tests of this process share; the first call starts it.
    ///
    /// # Errors
    ///
    /// As [`ControlPlane::start`]; the next call tries again.
    pub async fn shared() -> anyhow::Result<&'static Self> {
        static SHARED: OnceCell<ControlPlane> = OnceCell::const_new();
        SHARED.get_or_try_init(Self::start).await
    }

    /// Starts a control plane of its own, in a temporary folder. The first time on a machine its programs are downloaded or
    /// built, which takes minutes and is reported on standard error.
    ///
    /// # Errors
    ///
    /// When the programs cannot be had, or one does not come up.
    pub async fn start() -> anyhow::Result<Self> {
        install_crypto_provider();
        let scripts = project_root().join("hack/control-plane");
        let got = tokio::process::Command::new(scripts.join("get"))
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .output()
            .await
            .context("running hack/control-plane/get")?;
        anyhow::ensure!(got.status.success(), "hack/control-plane/get failed ({}), see above", got.status);
        let programs = PathBuf::from(String::from_utf8(got.stdout)?.trim_end());

        let folder = tempfile::Builder::new().prefix("zoom-operator-test-").tempdir()?;
        let start = scripts.join("start");
        let mut command = Command::new(&start);
        command.arg(folder.path()).stdout(Stdio::piped());
        let mut process = Process::spawn(&start, command)?;
        let (line, stdout) = process
            .first_line(START_DEADLINE)
            .await
            .context("the control plane did not start; standard error has its logs")?;
        let Some(kubeconfig) = line.strip_prefix("ready ") else {
            bail!("hack/control-plane/start said {line:?} instead of: ready KUBECONFIG");
        };
        let kubeconfig = PathBuf::from(kubeconfig);
        Ok(Self { process, _stdout: stdout, programs, folder, kubeconfig, crds: OnceCell::new() })
    }

    /// A kubeconfig with all rights (group `system:masters`).
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The folder with `kubectl` and `helm`.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// A new client with all rights. It belongs to the async runtime of the caller, which for tests is each test's own.
    ///
    /// # Errors
    ///
    /// When the kubeconfig cannot be used.
    pub async fn client(&self) -> anyhow::Result<Client> {
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig)?;
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        Ok(Client::try_from(config)?)
    }

    /// Runs `kubectl` with all rights and returns its standard output.
    ///
    /// # Errors
    ///
    /// When it fails or takes over two minutes: with its arguments and all its output.
    pub async fn kubectl(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.run("kubectl", arguments, "").await
    }

    /// Applies manifests (YAML) with `kubectl apply --server-side` and returns what it says.
    ///
    /// # Errors
    ///
    /// As [`ControlPlane::kubectl`].
    pub async fn apply(&self, manifests: &str) -> anyhow::Result<String> {
        self.run("kubectl", &["apply", "--server-side", "-f", "-"], manifests).await
    }

    /// Runs `helm` with all rights and returns its standard output.
    ///
    /// # Errors
    ///
    /// As [`ControlPlane::kubectl`].
    pub async fn helm(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.run("helm", arguments, "").await
    }

    async fn run(&self, program: &str, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let running = async {
            let home = self.folder.path();
            let mut child = tokio::process::Command::new(self.programs.join(program))
                .args(arguments)
                .current_dir(project_root())
                .env("KUBECONFIG", &self.kubeconfig)
                // Caches are kept by address, which another control plane may have had before.
                .env("KUBECACHEDIR", home.join("kubectl"))
                .env("HELM_CACHE_HOME", home.join("helm/cache"))
                .env("HELM_CONFIG_HOME", home.join("helm/config"))
                .env("HELM_DATA_HOME", home.join("helm/data"))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .kill_on_drop(true)
                .spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                // A program that does not read all of it says why itself.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
            child.wait_with_output().await
        };
        let command = || format!("{program} {}", arguments.join(" "));
        let output = tokio::time::timeout(COMMAND_DEADLINE, running)
            .await
            .with_context(|| format!("`{}` took over {COMMAND_DEADLINE:?}", command()))?
            .with_context(|| format!("running `{}`", command()))?;
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "`{}`: {}\n{stderr}{stdout}", command(), output.status);
        Ok(stdout)
    }

    /// Creates a namespace `PREFIX-RANDOM` and returns its name.
    ///
    /// # Errors
    ///
    /// What the API server answered.
    pub async fn namespace(&self, prefix: &str) -> anyhow::Result<String> {
        let metadata = ObjectMeta { generate_name: Some(format!("{prefix}-")), ..ObjectMeta::default() };
        let namespace = Namespace { metadata, ..Namespace::default() };
        let created = Api::all(self.client().await?)
            .create(&PostParams::default(), &namespace)
            .await
            .with_context(|| format!("creating a namespace {prefix}-…"))?;
        created.metadata.name.context("the API server named no namespace")
    }

    /// Applies the project's CRDs, once per control plane, and waits until they are established.
    ///
    /// # Errors
    ///
    /// As [`ControlPlane::kubectl`]; the next call tries again.
    pub async fn apply_crds(&self) -> anyhow::Result<()> {
        let apply = || async {
            self.kubectl(&["apply", "--server-side", "-f", "crds"]).await?;
            self.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", "crds"]).await?;
            anyhow::Ok(())
        };
        self.crds.get_or_try_init(apply).await.copied()
    }

    /// Writes a kubeconfig with the rights of a service account (its token lives an hour) and returns its path.
    ///
    /// # Errors
    ///
    /// When there is no such service account.
    pub async fn kubeconfig_of(&self, namespace: &str, service_account: &str) -> anyhow::Result<PathBuf> {
        let token = self.kubectl(&["create", "token", "--namespace", namespace, service_account]).await?;
        let admin = Kubeconfig::read_from(&self.kubeconfig)?;
        let cluster = admin.clusters.first().context("the admin's kubeconfig names no cluster")?;
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [cluster],
            "users": [{"name": service_account, "user": {"token": token.trim_end()}}],
            "contexts": [{"name": "test", "context": {"cluster": cluster.name, "user": service_account, "namespace": namespace}}],
            "current-context": "test",
        });
        let path = self.folder.path().join(format!("{namespace}.{service_account}.kubeconfig"));
        fs::write(&path, config.to_string())?;
        Ok(path)
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        // Unlike a kill this lets the script end its programs.
        self.process.release();
    }
}
