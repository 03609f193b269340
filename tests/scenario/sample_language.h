#pragma once

#include "engine/scenario/language.h"

/// A small language like the real one: clients, services with steps, and faults. The engine knows
/// no models, so its tests bring their own.
const highwater::Language& sample_language();
