{{/* What all names begin with: 40 characters at most, so that whatever follows fits into a label. */}}
{{- define "icwo.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := .Values.fullnameOverride -}}
{{- if not $full -}}
{{- $full = ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- end -}}
{{- if gt (len $full) 40 -}}
{{- printf "%s-%s" ($full | trunc 31 | trimSuffix "-") (sha256sum $full | trunc 8) -}}
{{- else -}}
{{- $full -}}
{{- end -}}
{{- end }}

{{/* Of what has no namespace: another release, in another namespace, has another one. No name of either has a colon. */}}
{{- define "icwo.clusterName" -}}
{{ .Release.Namespace }}:{{ include "icwo.fullname" . }}
{{- end }}

{{- define "icwo.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "icwo.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end }}

{{- define "icwo.natsName" -}}
{{ include "icwo.fullname" . }}-nats
{{- end }}

{{- define "icwo.keysName" -}}
{{ include "icwo.fullname" . }}-keys
{{- end }}

{{/* The Secret by which the servers and the operator know each other. */}}
{{- define "icwo.keysSecret" -}}
{{ default (printf "%s-nats-keys" (include "icwo.fullname" .)) .Values.nats.auth.existingSecret }}
{{- end }}

{{/* Never change within the life of a release: selectors are immutable. Of (dict "root" $ "component" …). */}}
{{- define "icwo.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Ours win over further ones. Of (dict "root" $ "component" … "more" labels). */}}
{{- define "icwo.labels" -}}
{{- $ours := include "icwo.selector" . | fromYaml }}
{{- $ours = merge $ours (dict
  "app.kubernetes.io/version" (.root.Chart.AppVersion | trunc 63)
  "app.kubernetes.io/part-of" "intercom-operator"
  "app.kubernetes.io/managed-by" .root.Release.Service
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63)) }}
{{- merge $ours (default (dict) .more) .root.Values.commonLabels | toYaml }}
{{- end }}

{{/* Metadata after the name. Of (dict "root" $ "component" … "settings" pod settings "annotations" of ours). */}}
{{- define "icwo.meta" -}}
{{- $settings := default (dict) .settings -}}
labels:
  {{- include "icwo.labels" (dict "root" .root "component" .component "more" $settings.labels) | nindent 2 }}
{{- with merge (dict) (default (dict) .annotations) (default (dict) $settings.annotations) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Metadata of pods: no version, for a new one would roll what did not change. */}}
{{- define "icwo.podMeta" -}}
labels:
  {{- $ours := merge (include "icwo.selector" . | fromYaml) (dict "app.kubernetes.io/part-of" "intercom-operator") }}
  {{- merge $ours .settings.podLabels .root.Values.commonLabels | toYaml | nindent 2 }}
{{- with merge (dict) (default (dict) .annotations) .settings.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
