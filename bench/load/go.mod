module github.com/intercom-webhook-operator/bench/load

go 1.26.0
