# Sourced by fresh-machine and try-image: an empty Debian in a folder, and programs in it as in a container.
# Both run themselves once more in namespaces of their own, with which their processes and mounts end.
# They set log, the file that takes what commands say.
# shellcheck shell=bash disable=SC2154

# Their exit code where this machine cannot do it, through no fault of the project's.
CANNOT=69

cannot() {
    echo "$(basename "$0"): $1" >&2
    exit "$CANNOT"
}

# fail WHY [LINES]: with the last lines of what was said.
fail() {
    echo "$(basename "$0"): $1" >&2
    [ ! -s "$log" ] || tail -n "${2:-20}" "$log" >&2
    exit 1
}

seconds_since() { awk "BEGIN { printf \"%.1f s\", $(date +%s.%N) - $1 }"; }

# step NAME COMMAND...: a line with the seconds that it took; what the command says goes to the log.
# Here bash ignores set -e, as wherever a failure is looked at: the command has to return at its first failure itself.
step() {
    local name=$1 begun
    shift
    begun=$(date +%s.%N)
    echo "== $name" >>"$log"
    "$@" >>"$log" 2>&1 </dev/null || return
    echo "$name: $(seconds_since "$begun")"
}

need_tools() {
    local tool missing=()
    for tool; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [ ${#missing[@]} = 0 ] || cannot "${missing[*]} missing: apt-get install ${missing[*]}"
    [ "$(id -u)" = 0 ] || cannot "only root may mount and change root: run it with sudo"
    unshare --mount --pid --ipc --uts --fork true 2>/dev/null || cannot "no namespaces can be made here: run it privileged"
    [ -n "$(apt_source)" ] || cannot "apt names no mirror of this distribution: apt-get update"
}

# need_space FOLDER GIGABYTES
need_space() {
    local free
    free=$(df --output=avail --block-size=1G "$1" | tail -n 1)
    [ "$free" -ge "$2" ] || cannot "$1 has $((free)) GB free, and $2 are needed: name another folder"
}

# in_namespaces FOLDER COMMAND...: whatever becomes of the command, its processes and mounts end and the folder goes.
in_namespaces() {
    local folder=$1 inner code=0
    shift
    unshare --mount --pid --ipc --uts --fork --kill-child --mount-proc "$@" &
    inner=$!
    trap 'kill -KILL "$inner"' INT TERM HUP
    wait "$inner" || code=$?
    trap - INT TERM HUP
    wait "$inner" 2>/dev/null || true
    rm -rf --one-file-system "$folder"
    return "$code"
}

# Where apt has the distribution's main packages from, as debootstrap takes it: mirror, suite, components.
apt_source() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(IDENTIFIER) $(CODENAME) $(COMPONENT) $(REPO_URI)' |
        awk -v suite="$(. /etc/os-release && echo "$VERSION_CODENAME")" '
            $1 == "Packages" && $2 == suite && ($3 == "main" || $3 == "universe") {
                if (!mirror) mirror = $4
                if ($4 == mirror) components = components (components ? "," : "") $3
            }
            END { if (mirror) print mirror, suite, components }'
}

# make_root FOLDER PACKAGE...
make_root() {
    local folder=${1:?} mirror suite components packages
    shift
    read -r mirror suite components < <(apt_source) || return
    packages=$(IFS=, && echo "$*")
    # What is thrown away need not reach the disk.
    mkdir -p "$folder/etc/dpkg/dpkg.cfg.d" || return
    echo force-unsafe-io >"$folder/etc/dpkg/dpkg.cfg.d/unsafe-io" || return
    debootstrap --variant=minbase --components="$components" --include="$packages" "$suite" "$folder" "$mirror"
}

# furnish FOLDER: with what a container finds, devices, shared memory and processes of its own.
furnish() {
    mount --rbind --make-rslave /dev "${1:?}/dev" || return
    mount -t tmpfs shm "$1/dev/shm" || return
    mount --rbind --make-rslave /sys "$1/sys" || return
    mount -t proc proc "$1/proc" || return
    cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
}

# pip_configuration PYTHON: how pip is configured here, as a pip.conf.
pip_configuration() {
    echo '[global]'
    "$1" -m pip config list | sed -En "s/\\\\n/ /g; s/^(global|:env:)\.([a-z-]+)='(.*)'\$/\2 = \3/p" |
        awk '!seen[$1]++'
}

# local_places PIP.CONF: the folders and files here that it names; a local index's files lie beside its pages.
local_places() {
    local place
    sed 's/^[^=]*= *//' "$1" | tr ' ' '\n' | while read -r place; do
        case $place in
        file:///*) dirname "${place#file://}" ;;
        /*) echo "$place" ;;
        esac
    done | sort -u
}

# Whether pip, as it is configured here, gets anything where it looks.
index_answers() {
    local folder answers=0
    folder=$(mktemp -d) || return
    "$1" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$folder" pip || answers=1
    rm -r "$folder"
    return "$answers"
}
