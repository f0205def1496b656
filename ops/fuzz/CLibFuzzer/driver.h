#pragma once
#include <stddef.h>
#include <stdint.h>

// Runs the fuzzer with the command line and gives the process's exit status (LLVM: "Using libFuzzer as a library").
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*testOneInput)(const uint8_t *bytes, size_t count));
