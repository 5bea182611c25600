/** Images that every cluster has. A name without a host would be another registry's. */
export const PAUSE_IMAGE = 'localhost/pause:1';
export const BUSYBOX_IMAGE = 'localhost/busybox:1';
export const COREDNS_IMAGE = 'localhost/coredns:1';
export const LOCAL_PATH_IMAGE = 'localhost/local-path-provisioner:1';
/** As the chart names it. */
export const NATS_IMAGE = 'docker.io/library/nats:2.15.2';
