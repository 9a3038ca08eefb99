// SPDX-License-Identifier: Apache-2.0
// The clients of Azure's SDKs, made as docs/clients.md says, from what `ingot connect --env` exports.
import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { ComputeManagementClient } from "@azure/arm-compute";
import { ImageBuilderClient } from "@azure/arm-imagebuilder";
import { ManagedServiceIdentityClient } from "@azure/arm-msi";
import { ResourceManagementClient } from "@azure/arm-resources";
import { ClientCertificateCredential, ClientSecretCredential } from "@azure/identity";

const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_AUTHORITY_HOST } = process.env;

export const subscription = process.env.AZURE_SUBSCRIPTION_ID;
export const endpoint = process.env.INGOT_ENDPOINT;
export const location = "westus2";
export const group = "sdk";
export const scope = `/subscriptions/${subscription}/resourceGroups/${group}`;

export function applicationCredential(secret = AZURE_CLIENT_SECRET) {
  return new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, secret, {
    authorityHost: AZURE_AUTHORITY_HOST,
    disableInstanceDiscovery: true,
  });
}

// Of an application that sdk_test.py made.
export function certificateCredential() {
  const { CERTIFICATE_CLIENT_ID, CERTIFICATE_PATH } = process.env;
  return new ClientCertificateCredential(AZURE_TENANT_ID, CERTIFICATE_CLIENT_ID, CERTIFICATE_PATH, {
    authorityHost: AZURE_AUTHORITY_HOST,
    disableInstanceDiscovery: true,
  });
}

export function clientsFor(credential) {
  const options = { endpoint };
  return {
    authorization: new AuthorizationManagementClient(credential, subscription, options),
    compute: new ComputeManagementClient(credential, subscription, options),
    identities: new ManagedServiceIdentityClient(credential, subscription, options),
    imageBuilder: new ImageBuilderClient(credential, subscription, options),
    resources: new ResourceManagementClient(credential, subscription, options),
  };
}

export const clients = clientsFor(applicationCredential());

export async function all(pages) {
  const found = [];
  for await (const one of pages) found.push(one);
  return found;
}
