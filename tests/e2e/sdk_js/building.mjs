// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { test } from "node:test";

import { all, clients, group, location, scope } from "./clients.mjs";

const { virtualMachineImageTemplates: templates, triggers, operations } = clients.imageBuilder;
const { galleries, galleryImages, galleryImageVersions, images, virtualMachineImages } =
  clients.compute;
const definition = `${scope}/providers/Microsoft.Compute/galleries/golden/images/web`;
const image = `${scope}/providers/Microsoft.Compute/images/web`;
const identity =
  `${scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder`;
// Soon enough to see what is going on, seldom enough to leave the processors to the guest.
const often = { updateIntervalInMs: 250 };

function template(...inline) {
  return {
    location,
    identity: { type: "UserAssigned", userAssignedIdentities: { [identity]: {} } },
    source: {
      type: "PlatformImage", publisher: "Debian", offer: "debian-12", sku: "12", version: "latest",
    },
    customize: [{ type: "Shell", name: "the only step", inline }],
    distribute: [
      {
        type: "SharedImage",
        galleryImageId: definition,
        runOutputName: "version",
        artifactTags: { from: "sdk" },
        targetRegions: [{ name: location, replicaCount: 1 }],
        versioning: { scheme: "Latest", major: 2 },
      },
      { type: "ManagedImage", imageId: image, location, runOutputName: "managed" },
    ],
  };
}

async function runState(name) {
  return (await templates.get(group, name)).lastRunStatus;
}

test("platform images are found", async () => {
  const publishers = await virtualMachineImages.listPublishers(location);
  assert.ok(publishers.some((one) => one.name === "Debian"));
  const versions = await virtualMachineImages.list(location, "Debian", "debian-12", "12");
  assert.ok(versions.length > 0);
});

test("a gallery and a definition are made", async () => {
  const gallery = await galleries.createOrUpdate(group, "golden", { location });
  assert.equal(gallery.provisioningState, "Succeeded");
  const made = await galleryImages.createOrUpdate(group, "golden", "web", {
    location,
    osType: "Linux",
    osState: "Generalized",
    hyperVGeneration: "V1",
    identifier: { publisher: "contoso", offer: "debian", sku: "web" },
  });
  assert.equal(made.id.toLowerCase(), definition.toLowerCase());
  const listed = await all(galleryImages.listByGallery(group, "golden"));
  assert.deepEqual(listed.map((one) => one.name), ["web"]);
});

test("a template is made, read and listed", async () => {
  const made = await templates.createOrUpdate(group, "web",
    template("echo built | sudo tee /etc/built"), often);
  assert.equal(made.provisioningState, "Succeeded");
  const read = await templates.get(group, "web");
  assert.equal(read.source.exactVersion, "12.0.1");
  assert.equal(read.customize[0].name, "the only step");
  assert.deepEqual((await all(templates.listByResourceGroup(group))).map((one) => one.name), ["web"]);
  assert.deepEqual((await all(templates.list())).map((one) => one.id), [read.id]);
});

test("a template's tags change", async () => {
  await templates.update(group, "web", { tags: { a: "b" } }, often);
  assert.deepEqual((await templates.get(group, "web")).tags, { a: "b" });
});

test("a template that makes no sense is refused", async () => {
  const nonsense = { ...template("true"), distribute: [] };
  await assert.rejects(async () => templates.createOrUpdate(group, "nonsense", nonsense, often),
    { name: "RestError", statusCode: 400, code: "ValidationFailed" });
  await assert.rejects(templates.get(group, "nonsense"),
    { name: "RestError", statusCode: 404, code: "ResourceNotFound" });
});

test("a template builds an image in a real guest", async () => {
  await templates.run(group, "web", often);
  const status = await runState("web");
  assert.equal(status.runState, "Succeeded");
  assert.ok(status.endTime > status.startTime);
});

test("a run has outputs", async () => {
  const outputs = await all(templates.listRunOutputs(group, "web"));
  assert.deepEqual(outputs.map((one) => one.name).sort(), ["managed", "version"]);
  const version = await templates.getRunOutput(group, "web", "version");
  assert.equal(version.artifactId.toLowerCase(), `${definition}/versions/2.0.0`.toLowerCase());
  await assert.rejects(templates.getRunOutput(group, "web", "other"), { statusCode: 404 });
});

test("a run publishes a version", async () => {
  const listed = await all(galleryImageVersions.listByGalleryImage(group, "golden", "web"));
  assert.deepEqual(listed.map((one) => one.name), ["2.0.0"]);
  const version = await galleryImageVersions.get(group, "golden", "web", "2.0.0",
    { expand: "ReplicationStatus" });
  assert.equal(version.replicationStatus.aggregatedState, "Completed");
  assert.equal(version.tags.from, "sdk");
});

test("a run publishes a managed image", async () => {
  const listed = await all(images.listByResourceGroup(group));
  assert.deepEqual(listed.map((one) => one.name), ["web"]);
  assert.equal(listed[0].storageProfile.osDisk.osType, "Linux");
});

test("a run fails as its customizer does", async () => {
  await templates.createOrUpdate(group, "failing", template("exit 9"), often);
  await assert.rejects(async () => templates.run(group, "failing", often), /ended with exit code 9/);
  const status = await runState("failing");
  assert.equal(status.runState, "Failed");
  assert.match(status.message, /9/);
  assert.deepEqual(await all(templates.listRunOutputs(group, "failing")), []);
});

test("a run is canceled", async () => {
  await templates.createOrUpdate(group, "long", template("sleep 600"), often);
  await templates.run(group, "long", often).submitted();
  assert.equal((await runState("long")).runState, "Running");
  await templates.cancel(group, "long", often);
  let state = "Canceling";
  while (state === "Canceling") {
    await setTimeout(often.updateIntervalInMs);
    state = (await runState("long")).runState;
  }
  assert.equal(state, "Canceled");
});

test("a template has triggers", async () => {
  await triggers.createOrUpdate(group, "web", "source", { properties: { kind: "SourceImage" } },
    often);
  const trigger = await triggers.get(group, "web", "source");
  assert.equal(trigger.properties.kind, "SourceImage");
  assert.equal((await all(triggers.listByImageTemplate(group, "web"))).length, 1);
  await triggers.delete(group, "web", "source", often);
  assert.equal((await all(triggers.listByImageTemplate(group, "web"))).length, 0);
});

test("the provider names its operations", async () => {
  const names = (await all(operations.list())).map((one) => one.name);
  assert.ok(names.includes("Microsoft.VirtualMachineImages/imageTemplates/run/action"));
});

test("templates are deleted, and what they published stays", async () => {
  for (const name of ["web", "failing", "long"]) await templates.delete(group, name, often);
  await assert.rejects(templates.get(group, "web"), { statusCode: 404 });
  await templates.delete(group, "web", often);
  assert.equal((await images.get(group, "web")).name, "web");
});

test("everything goes with its group", async () => {
  await galleryImageVersions.delete(group, "golden", "web", "2.0.0", often);
  await clients.resources.resourceGroups.beginDeleteAndWait(group, often);
  await assert.rejects(clients.resources.resourceGroups.get(group),
    { code: "ResourceGroupNotFound" });
  await assert.rejects(images.get(group, "web"), { statusCode: 404 });
});
