{{- define "icwo.natsConf" -}}
{{- $name := include "icwo.natsName" . -}}
{{- $nats := .Values.nats -}}
server_name: $POD_NAME
port: 4222
http_port: 8222
pid_file: "/var/run/nats/nats.pid"
max_payload: 4MB
lame_duck_grace_period: 10s
lame_duck_duration: 30s

jetstream {
  store_dir: "/data/jetstream"
  # A notification is answered 200 when it is on the disk, not when the disk has heard of it.
  sync_interval: always
  max_file_store: {{ $nats.jetstream.fileStore }}B
  max_memory_store: {{ $nats.jetstream.memoryStore }}B
}

# Operator, system account, resolver: made by the hook of the keys.
include "accounts.conf"
{{- if $nats.tls.secretName }}

{{ include "icwo.natsTls" . }}
{{- end }}
{{- if gt (int $nats.replicas) 1 }}

cluster {
  name: {{ $name | quote }}
  port: 6222
  no_advertise: true
  authorization { user: routes, password: $ROUTES_PASSWORD }
  routes: [
    {{- range $at := until (int $nats.replicas) }}
    $ROUTE_{{ $at }}
    {{- end }}
  ]
  {{- if $nats.tls.secretName }}
  {{- include "icwo.natsTls" . | nindent 2 }}
  {{- end }}
}
{{- end }}
{{- end }}

{{- define "icwo.natsTls" -}}
tls {
  cert_file: "/etc/nats-tls/tls.crt"
  key_file: "/etc/nats-tls/tls.key"
  ca_file: "/etc/nats-tls/ca.crt"
}
{{- end }}
