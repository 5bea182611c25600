#!/bin/bash
# Process 1 of a node: sets up its namespaces, then starts what its standard input names, one order a line. Where that
# ends without "detach", whoever wanted the node is gone, and the node ends with everything in it.
# Arguments: the cluster's name, its folder, the node's address, the range of Services.
set -euo pipefail
folder=$2 address=$3 services=$4

# Private places for what programs write at fixed paths. What is mounted here is never seen by the machine.
mount --make-rshared /
for directory in /run /var/log; do
	mount -t tmpfs tmpfs "$directory"
done
# Where the machine has no such folders they are made in a layer above its own.
own=(/var/lib/cni /var/lib/kubelet)
if [[ ! -d ${own[0]} || ! -d ${own[1]} ]]; then
	mkdir -p /run/lib/{upper,work}
	mount -t overlay -o lowerdir=/var/lib,upperdir=/run/lib/upper,workdir=/run/lib/work overlay /var/lib
	mkdir -p "${own[@]}"
fi
for directory in "${own[@]}"; do
	mount -t tmpfs tmpfs "$directory"
done
mkdir -p /run/{containerd,netns,lock}
# No name server: the machine's cannot be reached from here.
: >/run/resolv.conf
mount --bind /run/resolv.conf /etc/resolv.conf
# The kubelet sets these. It sets copies.
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
	kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
	copy=/run/${setting//[\/=]/-}
	echo "${setting#*=}" >"$copy"
	mount --bind "$copy" "/proc/sys/${setting%=*}"
done

wire() {
	ip link set lo up
	ip address add "$address/30" dev eth0
	ip link set eth0 up
	# Its own calls to Services: translation comes after the route is looked up.
	ip route add "$services" dev eth0 src "$address"
	echo 1 >/proc/sys/net/ipv4/ip_forward
}

start() {
	local -a command
	mapfile -d '' -t command <"$folder/commands/$1"
	{
		code=0
		"${command[@]}" >"$folder/log/$1.log" 2>&1 </dev/null || code=$?
		echo "ended $1 $code"
	} &
}

echo mounted
while read -r order name; do
	case $order in
	wire) wire && echo wired ;;
	start) start "$name" ;;
	detach)
		exec </dev/null >/dev/null 2>&1
		wait
		;;
	esac
done
