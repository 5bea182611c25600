{{/* Objects of a hook on the keys of NATS. Of (dict "root" $ "hook" events "action" … "verbs" on the Secret by name). */}}
{{- define "icwo.keysHook" -}}
{{- $root := .root }}
{{- $settings := $root.Values.operator }}
{{- $component := dict "root" $root "component" "keys" "settings" $settings }}
{{- $hook := dict "helm.sh/hook" .hook "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" }}
{{- $before := merge (dict "helm.sh/hook-weight" "-10") $hook }}
{{- $meta := include "icwo.meta" (merge (dict "annotations" $before) $component) }}
{{- $name := printf "%s-%s" (include "icwo.keysName" $root) .action }}
{{- $secret := include "icwo.keysSecret" $root }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  {{- $meta | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  {{- $meta | nindent 2 }}
rules:
  - apiGroups: [""]
    resources: [secrets]
    resourceNames: [{{ $secret }}]
    verbs: {{ toJson .verbs }}
  {{- if eq .action "ensure" }}
  # A name that is not there yet cannot be asked for.
  - apiGroups: [""]
    resources: [secrets]
    verbs: [create]
  {{- end }}
  {{- if eq .action "remove" }}
  - apiGroups: [apps]
    resources: [statefulsets]
    resourceNames: [{{ include "icwo.natsName" $root }}]
    verbs: [get]
  {{- end }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  {{- $meta | nindent 2 }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }} }
subjects:
  - { kind: ServiceAccount, name: {{ $name }}, namespace: {{ $root.Release.Namespace }} }
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  {{- include "icwo.meta" (merge (dict "annotations" $hook) $component) | nindent 2 }}
spec:
  backoffLimit: 3
  activeDeadlineSeconds: 180
  template:
    metadata:
      {{- include "icwo.podMeta" (dict "root" $root "component" "keys" "settings" $root.Values.hooks) | nindent 6 }}
    spec:
      restartPolicy: Never
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: true
      enableServiceLinks: false
      {{- include "icwo.placement" $component | nindent 6 }}
      securityContext:
        {{- include "icwo.podSecurity" 65532 | nindent 8 }}
      containers:
        - name: keys
          image: {{ include "icwo.ownImage" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          command: [node]
          args: [keys.mjs]
          env:
            - { name: ACTION, value: {{ .action }} }
            - { name: SECRET_NAME, value: {{ $secret }} }
            - { name: SERVERS, value: {{ include "icwo.natsName" $root }} }
            - { name: INSTANCE, value: {{ $root.Release.Name | quote }} }
            - { name: ACCOUNTS_DIR, value: /data/accounts }
            - { name: LOG_LEVEL, value: info }
          resources:
            {{- toYaml $root.Values.hooks.resources | nindent 12 }}
          securityContext:
            {{- include "icwo.containerSecurity" 65532 | nindent 12 }}
{{- end }}
