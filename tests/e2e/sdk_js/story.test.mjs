// SPDX-License-Identifier: Apache-2.0
// One story: every test builds on those before it, so all are in one process and in this order.
import "./sign_in.mjs";
import "./building.mjs";
