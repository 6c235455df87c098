// SPDX-License-Identifier: Apache-2.0
// The program whose precompiled headers the tests share; it is never run.
int main() {}
