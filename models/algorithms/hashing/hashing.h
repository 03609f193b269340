#pragma once

/// The hashes by which products place keys on partitions, shards and servers.
///
/// Source   Each names its own.
/// Checked  tests/algorithms/murmur2_test.cpp.

#include "models/algorithms/hashing/murmur2.h"
