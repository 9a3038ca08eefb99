#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From nothing to an image version in a gallery, with az alone: the steps of Azure's quickstart for
# image templates, which work against Ingot as they stand. az has to be signed in to a service
# (docs/clients.md). clean-up.sh takes everything away again.
#
# usage: quickstart.sh [RESOURCE-GROUP [LOCATION]]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

group=${1:-golden-images}
location=${2:-westus2}
template=hello-template
subscription=$(az account show --query id --output tsv)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

step() { printf '\n== %s\n' "$*"; }

fill_in() { # FILE: its text with the placeholders replaced
    sed -e "s#<subscriptionId>#$subscription#g" -e "s#<resourceGroup>#$group#g" \
        -e "s#<location>#$location#g" -e "s#<identityId>#${identity:-}#g" "$1" >"$scratch/$1"
}

step "Register the providers and the feature"
for provider in VirtualMachineImages Compute KeyVault Storage Network; do
    az provider register --namespace "Microsoft.$provider"
done
az feature register --namespace Microsoft.VirtualMachineImages \
    --name VirtualMachineTemplatePreview --query properties.state --output tsv

step "A resource group, and the identity that publishes into it"
az group create --name "$group" --location "$location" --output none
az identity create --resource-group "$group" --name image-builder --output none
identity=$(az identity show --resource-group "$group" --name image-builder \
    --query id --output tsv)
principal=$(az identity show --resource-group "$group" --name image-builder \
    --query principalId --output tsv)
echo "$identity"

step "A role with no more rights than that takes, and its assignment"
fill_in role.json
role=$(az role definition create --role-definition "@$scratch/role.json" \
    --query name --output tsv)
# What `az role assignment create` sends; Debian 12's az cannot send it by itself.
assignment=/subscriptions/$subscription/resourceGroups/$group/providers
assignment+=/Microsoft.Authorization/roleAssignments/$(cat /proc/sys/kernel/random/uuid)
az rest --method put --url "$assignment?api-version=2022-04-01" --output none --body "{
    \"properties\": {
        \"roleDefinitionId\": \"/subscriptions/$subscription/providers/Microsoft.Authorization/roleDefinitions/$role\",
        \"principalId\": \"$principal\",
        \"principalType\": \"ServicePrincipal\"
    }
}"
echo "$role"

step "A gallery, and the definition of an image in it"
az sig create --resource-group "$group" --gallery-name golden --output none
az sig image-definition create --resource-group "$group" --gallery-name golden \
    --gallery-image-definition hello --publisher contoso --offer debian --sku hello \
    --os-type Linux --query id --output tsv

step "Submit the template"
fill_in template.json
az resource create --resource-group "$group" --name "$template" \
    --resource-type Microsoft.VirtualMachineImages/imageTemplates --api-version 2022-07-01 \
    --properties "@$scratch/template.json" --is-full-object \
    --query properties.provisioningState --output tsv

step "Build the image; this takes a minute or two"
az resource invoke-action --resource-group "$group" --name "$template" \
    --resource-type Microsoft.VirtualMachineImages/imageTemplates --api-version 2022-07-01 \
    --action Run --output none

step "What the run did"
az resource show --resource-group "$group" --name "$template" \
    --resource-type Microsoft.VirtualMachineImages/imageTemplates --api-version 2022-07-01 \
    --query properties.lastRunStatus

step "What there is now"
az resource list --resource-group "$group" --query '[].{name: name, type: type}' --output table
az sig image-version list --resource-group "$group" --gallery-name golden \
    --gallery-image-definition hello --query '[].id' --output tsv
