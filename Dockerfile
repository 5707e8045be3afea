# Two images, each one static binary and the CA certificates: no shell, no libc, nothing to exploit or to update.
#
#   docker build -t zoom-operator .
#   docker build -t zoom-simulator --target simulator .
#
# `hack/image-steps` carries out the same file where there is no container engine; it knows the instructions used here.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY src src
COPY crates crates
# Static glibc: it resolves names by files and DNS without loading anything (built in since glibc 2.34), and it is the
# libc that the tests run on. --target keeps the flag away from build scripts and procedural macros.
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN cargo build --locked --release --target "$(rustc --print host-tuple)" --package zoom-operator --package zoom-simulator --bins
RUN install -D -t out target/*-linux-gnu/release/zoom-operator target/*-linux-gnu/release/zoom-simulator

FROM scratch AS simulator
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/out/zoom-simulator /zoom-simulator
USER 65532:65532
ENTRYPOINT ["/zoom-simulator"]

FROM scratch AS operator
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/out/zoom-operator /zoom-operator
USER 65532:65532
ENTRYPOINT ["/zoom-operator"]
