# The image of Veza: one native binary, and the tools by which its worker reads audio. docs/CONTAINER.md tells how it is built and run.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG BASE_IMAGE=debian:12-slim

FROM ${SDK_IMAGE} AS sdk

# The binary is linked on the distribution that it will run on: the SDK's own image has a newer glibc, and what is linked there
# does not start on an older one.
FROM ${BASE_IMAGE} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev libssl3 libstdc++6 zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
COPY --from=sdk /usr/share/dotnet /usr/share/dotnet
ENV PATH=/usr/share/dotnet:$PATH CI=true DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
WORKDIR /veza
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig .globalconfig ./
COPY src/Veza.csproj src/packages.lock.json src/
COPY src/Generator/Veza.Generator.csproj src/Generator/packages.lock.json src/Generator/
RUN dotnet restore src --locked-mode
COPY dev ./
COPY scripts scripts
COPY src src
# The commit, which /version shows; the repository itself is not part of the build.
ARG REVISION=unknown
RUN SourceRevisionId=${REVISION} ./dev publish

# For whoever debugs: docker build --target symbols --output DIR . writes veza.dbg.
FROM scratch AS symbols
COPY --from=build /veza/out/native/veza.dbg /

FROM ${BASE_IMAGE}
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Veza" \
      org.opencontainers.image.description="Open backend for audio communities" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}"
# libchromaprint-tools has fpcalc; util-linux has unshare, which makes a namespace without network around ffmpeg where that is permitted.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates ffmpeg libchromaprint-tools libssl3 util-linux \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin veza \
 && install -d -o veza -g veza -m 700 /data /scratch
COPY --from=build /veza/out/native/veza /usr/local/bin/veza
# What stands around ffmpeg is the kernel's own (Landlock, seccomp) and asks for no right; a worker without it does not start.
ENV VEZA__HTTP__ADDRESS=* VEZA__DATA=/data VEZA__STORAGE=/data/audio VEZA__WORKER__SCRATCH=/scratch
USER 10001:10001
WORKDIR /data
VOLUME ["/data", "/scratch"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/veza", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/veza"]
CMD ["serve"]
