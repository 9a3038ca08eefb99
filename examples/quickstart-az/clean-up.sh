#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Takes away what quickstart.sh made: the template with what belongs to it, the group with
# everything in it, and then the role, which nobody holds any more.
#
# usage: clean-up.sh [RESOURCE-GROUP]
set -euo pipefail

group=${1:-golden-images}
subscription=$(az account show --query id --output tsv)
roles=/subscriptions/$subscription/resourceGroups/$group/providers/Microsoft.Authorization
role=$(az rest --method get --url "$roles/roleDefinitions" --query 'value[0].id' --output tsv \
    --url-parameters api-version=2022-04-01 "\$filter=roleName eq 'Image builder of $group'")

az resource delete --resource-group "$group" --name hello-template \
    --resource-type Microsoft.VirtualMachineImages/imageTemplates --api-version 2022-07-01
az group delete --name "$group" --yes
az rest --method delete --url "$role?api-version=2022-04-01" --output none
