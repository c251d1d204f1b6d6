#!/usr/bin/env bash
# What `make setup` does before there is a Python environment.
#
#   tools/setup.sh packages       install the system packages that are missing (asks for sudo when not root)
#   tools/setup.sh python [PATH]  make .venv with the Python at PATH, or with one that is found
set -euo pipefail

readonly PACKAGES=(
  libportaudio2                                       # the microphone and the loudspeaker
  libspeexdsp-dev swig build-essential cmake          # speexdsp and llama-cpp-python are compiled here
  pulseaudio pulseaudio-utils libasound2-plugins      # the tests' sound card
  espeak-ng                                           # the tests' human
  mmdebstrap systemd systemd-container xfsprogs       # the tests' machine, on which the service is installed
  faketime                                            # the tests' other times
)

fail() {
  echo "setup: $1" >&2
  exit 1
}

# Whether a Python can make .venv and compile extensions for it.
fits() {
  "$1" - 2>/dev/null <<'PYTHON'
import ensurepip, pathlib, sys, sysconfig, venv
sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 13) and (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists()))
PYTHON
}

# The system's own Python comes first: its headers and its security updates come from the same place.
find_python() {
  local candidate
  for candidate in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && fits "$candidate"; then
      echo "$candidate"
      return
    fi
  done
}

# The packages that bring a Python: the distribution's default if it is new enough, else the newest beside it.
python_packages() {
  local version
  version="$(apt-cache show python3 2>/dev/null | sed -nE 's/^Version: (3\.[0-9]+).*/\1/p' | head -n 1)"
  case "$version" in
    3.11 | 3.12 | 3.13) echo python3 python3-venv python3-dev ;;
    *)
      for version in 3.13 3.12 3.11; do
        if apt-cache show "python$version-venv" >/dev/null 2>&1; then
          echo "python$version" "python$version-venv" "python$version-dev"
          return
        fi
      done
      ;;
  esac
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root, and there is no sudo. As root run: $*"
  fi
}

is_installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

packages() {
  local missing=() package
  if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is not Debian or Ubuntu; make sure that you have the like of: ${PACKAGES[*]}" >&2
    return
  fi
  for package in "${PACKAGES[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ] && { [ -n "${PYTHON:-}" ] || [ -n "$(find_python)" ]; }; then
    return
  fi
  as_root apt-get update
  if [ -z "${PYTHON:-}" ] && [ -z "$(find_python)" ]; then
    read -r -a pythons <<<"$(python_packages)"
    missing+=("${pythons[@]}")
  fi
  [ ${#missing[@]} -eq 0 ] && return
  echo "setup: installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"
}

python() {
  local chosen="${1:-$(find_python)}"
  [ -n "$chosen" ] || fail "no Python 3.11, 3.12 or 3.13 with venv and headers here. Install one (for example with \
'uv python install 3.12' or pyenv), then: make setup PYTHON=/path/to/python3.12"
  fits "$chosen" || fail "$chosen is not a Python 3.11, 3.12 or 3.13 with venv and headers. Name another: PYTHON=/path"
  echo "setup: making .venv with $chosen ($("$chosen" --version))"
  "$chosen" -m venv .venv
  .venv/bin/python -m pip install --quiet --upgrade pip
}

case "${1:-}" in
  packages) packages ;;
  python) python "${2:-}" ;;
  *) fail "say 'packages' or 'python'" ;;
esac
