// Measuring: how far two embeddings are apart, and whether this program computes what it should on this machine.
#pragma once

#include "eval/metrics.h"
#include "eval/selftest.h"
