// SPDX-License-Identifier: Apache-2.0
// The precompiled headers need a source file of their own.
