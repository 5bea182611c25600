module github.com/intercom-webhook-operator/bench/handler

go 1.26.0
