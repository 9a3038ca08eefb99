// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { ManagedIdentityCredential } from "@azure/identity";

import { all, applicationCredential, certificateCredential, clients, clientsFor, group, location,
  scope, subscription } from "./clients.mjs";

const arm = "https://management.azure.com/.default";
const reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

test("a secret signs in", async () => {
  const token = await applicationCredential().getToken(arm);
  assert.ok(token.expiresOnTimestamp > Date.now());
});

test("a wrong secret does not", async () => {
  await assert.rejects(applicationCredential("wrong").getToken(arm), /AADSTS7000215/);
});

test("a token of somebody else does not do", async () => {
  const forged = { getToken: async () => ({ token: "x.y.z", expiresOnTimestamp: Date.now() + 1e6 }) };
  await assert.rejects(clientsFor(forged).resources.resourceGroups.get("g"),
    { name: "RestError", statusCode: 401, code: "InvalidAuthenticationToken" });
});

test("a certificate signs in and has no rights", async () => {
  const credential = certificateCredential();
  assert.ok((await credential.getToken(arm)).expiresOnTimestamp > Date.now());
  await assert.rejects(clientsFor(credential).resources.resourceGroups.get("g"),
    { name: "RestError", statusCode: 403, code: "AuthorizationFailed" });
});

test("a resource group is made, read and listed", async () => {
  const { resourceGroups } = clients.resources;
  const made = await resourceGroups.createOrUpdate(group, { location, tags: { a: "b" } });
  assert.equal(made.properties.provisioningState, "Succeeded");
  assert.deepEqual((await resourceGroups.get(group)).tags, { a: "b" });
  assert.ok((await all(resourceGroups.list())).some((one) => one.name === group));
  assert.equal((await resourceGroups.checkExistence("nowhere")).body, false);
});

test("providers are registered", async () => {
  for (const name of ["Microsoft.VirtualMachineImages", "Microsoft.Compute"]) {
    const provider = await clients.resources.providers.register(name);
    assert.equal(provider.registrationState, "Registered");
  }
});

test("an identity is made", async () => {
  const { userAssignedIdentities } = clients.identities;
  const made = await userAssignedIdentities.createOrUpdate(group, "builder", { location });
  assert.match(made.principalId, /^[0-9a-f-]{36}$/);
  const listed = await all(userAssignedIdentities.listByResourceGroup(group));
  assert.deepEqual(listed.map((one) => one.clientId), [made.clientId]);
});

test("a managed identity signs in and has no rights", async () => {
  const { clientId } = await clients.identities.userAssignedIdentities.get(group, "builder");
  const own = clientsFor(new ManagedIdentityCredential({ clientId }));
  await assert.rejects(own.resources.resourceGroups.get(group),
    { name: "RestError", statusCode: 403, code: "AuthorizationFailed" });
});

test("an identity that nobody made does not sign in", async () => {
  const credential = new ManagedIdentityCredential({ clientId: randomUUID() });
  await assert.rejects(credential.getToken(arm));
});

test("a role that is assigned gives rights, and none when it is taken away", async () => {
  const { principalId, clientId } =
    await clients.identities.userAssignedIdentities.get(group, "builder");
  const { roleAssignments } = clients.authorization;
  const made = await roleAssignments.create(scope, randomUUID(), {
    roleDefinitionId: `${scope}/providers/Microsoft.Authorization/roleDefinitions/${reader}`,
    principalId,
    principalType: "ServicePrincipal",
  });
  const own = clientsFor(new ManagedIdentityCredential({ clientId })).resources.resourceGroups;
  assert.equal((await own.get(group)).name, group);
  await assert.rejects(own.beginDelete(group), { statusCode: 403 });
  const listed = await all(roleAssignments.listForScope(scope,
    { filter: `principalId eq '${principalId}'` }));
  assert.deepEqual(listed.map((one) => one.id), [made.id]);
  await roleAssignments.deleteById(made.id);
  await assert.rejects(own.get(group), { statusCode: 403 });
});

test("a role may be one's own", async () => {
  const { roleDefinitions, roleAssignments } = clients.authorization;
  const { principalId } = await clients.identities.userAssignedIdentities.get(group, "builder");
  const role = await roleDefinitions.createOrUpdate(scope, randomUUID(), {
    roleName: "Publisher of sdk",
    roleType: "CustomRole",
    description: "May publish images into one group.",
    permissions: [{ actions: ["Microsoft.Compute/galleries/*", "Microsoft.Compute/images/*"] }],
    assignableScopes: [scope],
  });
  assert.equal(role.roleType, "CustomRole");
  await roleAssignments.create(scope, randomUUID(),
    { roleDefinitionId: role.id, principalId, principalType: "ServicePrincipal" });
  const found = await all(roleDefinitions.list(scope, { filter: "roleName eq 'Publisher of sdk'" }));
  assert.deepEqual(found.map((one) => one.name), [role.name]);
  await assert.rejects(roleDefinitions.delete(scope, role.name),
    { code: "RoleDefinitionHasAssignments" });
});

test("the subscription's resources are listed", async () => {
  const listed = await all(clients.resources.resources.listByResourceGroup(group));
  assert.deepEqual(listed.map((one) => one.name), ["builder"]);
  assert.ok(listed[0].id.startsWith(`/subscriptions/${subscription}/`));
});
