{{/* Where processes find NATS, and what is wrong with what was said of it. */}}
{{- define "icwo.natsUrl" -}}
{{- if .Values.nats.enabled -}}
{{ ternary "tls" "nats" (ne .Values.nats.tls.secretName "") }}://{{ include "icwo.natsName" . }}.{{ .Release.Namespace }}.svc:4222
{{- else -}}
{{- required "externalNats.url is needed where nats.enabled is false: nats://… or tls://…, of a NATS with JetStream, 2.14 or newer" .Values.externalNats.url -}}
{{- end -}}
{{- end }}

{{/* Refuses what would be accepted one by one and makes no sense together. */}}
{{- define "icwo.validate" -}}
{{- $name := include "icwo.fullname" . }}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" $name) }}
{{- fail (printf "all names begin with %s, and a Service may have but lower case letters, digits and -: set fullnameOverride" $name) }}
{{- end }}
{{- $external := .Values.externalNats }}
{{- if and .Values.nats.enabled $external.url }}
{{- fail "externalNats.url is set while nats.enabled is true: set nats.enabled to false, or remove the URL" }}
{{- end }}
{{- if and $external.caSecret.name $external.caConfigMap.name }}
{{- fail "externalNats.caSecret and externalNats.caConfigMap are both set: one of them names the authority" }}
{{- end }}
{{- if and $external.operatorSeedSecret.name $external.credentialsSecret.name }}
{{- fail "externalNats.operatorSeedSecret and externalNats.credentialsSecret are both set: with the seed each process gets a user of its own, so remove the credentials" }}
{{- end }}
{{- if and $external.systemCredentialsSecret.name (not $external.operatorSeedSecret.name) }}
{{- fail "externalNats.systemCredentialsSecret is set without externalNats.operatorSeedSecret: only accounts made by the seed are pushed" }}
{{- end }}
{{- if .Values.nats.enabled }}
{{- include "icwo.validateReplicas" . }}
{{- include "icwo.validateKeys" . }}
{{- $nats := .Values.nats }}
{{- if ge (include "icwo.bytes" $nats.jetstream.fileStore | int64) (include "icwo.bytes" $nats.persistence.size | int64) }}
{{- fail (printf "nats.jetstream.fileStore is %s and nats.persistence.size is %s: the store has to be less than the volume, or the volume is full before the store refuses anything" $nats.jetstream.fileStore $nats.persistence.size) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Volumes say how many servers they were made for. A server that joins a cluster drops streams it had alone. */}}
{{- define "icwo.validateReplicas" -}}
{{- $claim := lookup "v1" "PersistentVolumeClaim" .Release.Namespace (printf "data-%s-0" (include "icwo.natsName" .)) }}
{{- $was := dig "metadata" "annotations" "intercom-operator.io/nats-replicas" "" $claim }}
{{- $is := printf "%d" (int .Values.nats.replicas) }}
{{- if and $was (ne $was $is) }}
{{- fail (printf "nats.replicas is %s, but the volumes of this release (data-%s-…) were made for %s: one server does not become three, nor three one, without losing what is stored. Set nats.replicas to %s, or move to a new release" $is (include "icwo.natsName" .) $was $was) }}
{{- end }}
{{- end }}

{{/* New keys mean new accounts: what volumes hold from before would stay behind in the old ones, unseen. */}}
{{- define "icwo.validateKeys" -}}
{{- $secret := include "icwo.keysSecret" . }}
{{- $claim := lookup "v1" "PersistentVolumeClaim" .Release.Namespace (printf "data-%s-0" (include "icwo.natsName" .)) }}
{{- $isLeft := and $claim (not (dig "metadata" "deletionTimestamp" "" $claim)) }}
{{- if and $isLeft (not (lookup "v1" "Secret" .Release.Namespace $secret)) }}
{{- fail (printf "Secret %s/%s is not there, but the volumes (data-%s-…) are: with new keys nobody gets at what they hold. Restore the Secret from a backup; or, where they hold nothing that is needed, delete these PersistentVolumeClaims too, and new keys are made" .Release.Namespace $secret (include "icwo.natsName" .)) }}
{{- end }}
{{- end }}

{{/* What the operator logs in with: `file: [kind of source, name, key]`. */}}
{{- define "icwo.natsFiles" -}}
{{- $files := dict -}}
{{- if .Values.nats.enabled -}}
{{- $_ := set $files "operator.seed" (list "secret" (include "icwo.keysSecret" .) "operator.seed") -}}
{{- with .Values.nats.tls.secretName -}}
{{- $_ := set $files "ca.crt" (list "secret" . "ca.crt") -}}
{{- end -}}
{{- else -}}
{{- $external := .Values.externalNats -}}
{{- range $file, $source := dict "operator.seed" "operatorSeedSecret" "user.creds" "credentialsSecret" "system.creds" "systemCredentialsSecret" "ca.crt" "caSecret" -}}
{{- with get $external $source -}}
{{- if .name }}{{ $_ := set $files $file (list "secret" .name .key) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- with $external.caConfigMap -}}
{{- if .name }}{{ $_ := set $files "ca.crt" (list "configMap" .name .key) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toYaml $files -}}
{{- end }}

{{/* Pods that the operator renders, and the namespaces that they may be in: a peer of a NetworkPolicy. */}}
{{- define "icwo.renderedPods" -}}
{{- if .Values.watchNamespaces -}}
namespaceSelector:
  matchExpressions:
    - { key: kubernetes.io/metadata.name, operator: In, values: {{ toJson .Values.watchNamespaces }} }
{{- else -}}
namespaceSelector: {}
{{- end }}
podSelector:
  matchLabels:
    app.kubernetes.io/name: intercom-webhook
    app.kubernetes.io/managed-by: intercom-operator
{{- end }}
