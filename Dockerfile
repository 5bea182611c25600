# syntax=docker/dockerfile:1
# The same image as `make image`: one script makes the root file system (docs/image.md).
# Node in the image is that of package.json; the Node here runs the script and brings npm.
FROM node:26.10.0-bookworm-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run --silent image -- --out /rootfs && mv /rootfs/app /app

FROM scratch
# Two layers, as in the archive: the first changes with Node and Debian, the second with every release of ours.
COPY --from=build --chown=0:0 /rootfs/ /
COPY --from=build --chown=0:0 /app/ /app/
USER 65532:65532
WORKDIR /app
ENV PATH=/usr/bin NODE_ENV=production
LABEL org.opencontainers.image.title="intercom-webhook-operator" \
      org.opencontainers.image.description="Kubernetes operator and services that receive Intercom's webhooks without losing, doubling or reordering one" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["node"]
CMD ["operator.mjs"]
