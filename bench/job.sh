#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The measured job, run as root: write a file, install one small package from a repository that the
# base image holds, so that no network is in the measurement.
set -e
echo "hello" >/etc/hello
apt-get -o Dir::Etc::sourcelist=/opt/bench/bench.list -o Dir::Etc::sourceparts=- update -q
DEBIAN_FRONTEND=noninteractive apt-get -o Dir::Etc::sourcelist=/opt/bench/bench.list \
    -o Dir::Etc::sourceparts=- install -y -q tree
