{{/* A reference to an image. Of (dict "image" values "tag" where values have none). */}}
{{- define "icwo.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .tag .image.tag }}
{{- end -}}
{{- end }}

{{- define "icwo.ownImage" -}}
{{ include "icwo.image" (dict "image" .Values.image "tag" .Chart.AppVersion) }}
{{- end }}

{{/* Where pods run. Of (dict "root" $ "component" … "settings" pod settings). */}}
{{- define "icwo.placement" -}}
{{- $settings := .settings -}}
affinity:
{{- if $settings.affinity }}
  {{- toYaml $settings.affinity | nindent 2 }}
{{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "icwo.selector" . | nindent 14 }}
{{- end }}
{{- range $field := list "imagePullSecrets" "nodeSelector" "tolerations" "topologySpreadConstraints" }}
{{- with get $settings $field }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with $settings.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* What the restricted Pod Security standard asks of a pod, for this user. */}}
{{- define "icwo.podSecurity" -}}
runAsNonRoot: true
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* What it asks of a container. */}}
{{- define "icwo.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
{{- end }}

{{/* `1Gi` as a number of bytes. */}}
{{- define "icwo.bytes" -}}
{{- $factors := dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $unit := regexFind "[KMGT]i$" . -}}
{{- mul (trimSuffix $unit . | int64) (get $factors $unit | int64) -}}
{{- end }}
