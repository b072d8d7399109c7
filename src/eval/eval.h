// Measuring: how far two embeddings are apart, how long a model takes, where it ran, and whether this program computes
// what it should on this machine.
#pragma once

#include "eval/metrics.h"
#include "eval/record_json.h"
#include "eval/records.h"
#include "eval/selftest.h"
