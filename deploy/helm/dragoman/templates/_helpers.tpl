{{- define "dragoman.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "dragoman.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "dragoman.selectorLabels" -}}
app.kubernetes.io/name: {{ include "dragoman.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "dragoman.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "dragoman.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "dragoman.scheme" -}}
{{- ternary "https" "http" (hasKey .Values.settings "ssl-certfile") -}}
{{- end -}}

{{- define "dragoman.claim" -}}
{{- default (include "dragoman.fullname" .) .Values.persistence.existingClaim -}}
{{- end -}}

{{/* Whether pods share a claim that only one node can have, in which case a new pod may wait for the old one's end. */}}
{{- define "dragoman.oneNode" -}}
{{- with .Values.persistence -}}
{{- if and .enabled (not .existingClaim) (not (has "ReadWriteMany" .accessModes)) -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/* GPUs of a pod: one for each part of each copy of the model. */}}
{{- define "dragoman.gpus" -}}
{{- $settings := .Values.settings -}}
{{- $parts := 1 -}}
{{- range list "tensor-parallel-size" "pipeline-parallel-size" "prefill-context-parallel-size" "data-parallel-size" -}}
{{- $parts = mul $parts (default 1 (get $settings .) | int) -}}
{{- end -}}
{{- if kindIs "invalid" .Values.gpus.count }}{{ ternary 0 $parts (hasKey $settings "engine-url") }}{{ else }}{{ .Values.gpus.count }}{{ end -}}
{{- end -}}

{{/* Seconds that probes leave a start: the worker's own limit, or an hour, and some more. */}}
{{- define "dragoman.longestStart" -}}
{{- add 60 (default 3600 .Values.startupTimeout | float64 | ceil | int) -}}
{{- end -}}

{{/* Seconds until a pod is killed: until no other sends requests to it, until they have ended, until the engine has. */}}
{{- define "dragoman.longestEnd" -}}
{{- add 5 (.Values.gracePeriod | float64 | ceil | int) 15 -}}
{{- end -}}

{{/* One word of the command line, in which Kubernetes finds no reference to a variable. */}}
{{- define "dragoman.word" -}}
{{- . | replace "$" "$$" | toJson -}}
{{- end -}}

{{/* Text as it is, everything else as JSON. */}}
{{- define "dragoman.text" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ toJson . }}{{ end -}}
{{- end -}}

{{/* The command line: a setting is --name=value, a list --name item item. */}}
{{- define "dragoman.args" -}}
{{- with .Values.model }}
- {{ include "dragoman.word" (printf "--model=%s" .) }}
{{- end }}
- {{ include "dragoman.word" (printf "--port=%s" (include "dragoman.text" .Values.port)) }}
{{- with .Values.healthPort }}
- {{ include "dragoman.word" (printf "--health-port=%s" (include "dragoman.text" .)) }}
{{- end }}
- {{ include "dragoman.word" (printf "--grace-period=%s" (include "dragoman.text" .Values.gracePeriod)) }}
{{- with .Values.startupTimeout }}
- {{ include "dragoman.word" (printf "--startup-timeout=%s" (include "dragoman.text" .)) }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{- if kindIs "slice" $value }}
{{- range $index, $item := $value }}
{{- if not $index }}
- {{ include "dragoman.word" (printf "--%s" $name) }}
{{- end }}
- {{ include "dragoman.word" (include "dragoman.text" $item) }}
{{- end }}
{{- else if not (kindIs "invalid" $value) }}
- {{ include "dragoman.word" (printf "--%s=%s" $name (include "dragoman.text" $value)) }}
{{- end }}
{{- end }}
{{- range .Values.args }}
- {{ include "dragoman.word" . }}
{{- end }}
{{- end -}}

{{/* A variable whose value is in a Secret: one that is there already, or the release's. */}}
{{- define "dragoman.secretVariable" -}}
{{- $secret := .secret.existingSecret -}}
{{- if $secret.name }}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ $secret.name | quote }}, key: {{ $secret.key | quote }}}}
{{- else if .secret.value }}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .release | quote }}, key: {{ .name }}}}
{{- end }}
{{- end -}}

{{- define "dragoman.probe" -}}
httpGet:
  path: /health
  port: {{ ternary "health" "http" (not (empty .Values.healthPort)) }}
  {{- if eq (include "dragoman.scheme" .) "https" }}
  scheme: HTTPS
  {{- end }}
periodSeconds: 10
timeoutSeconds: 5
{{- end -}}
