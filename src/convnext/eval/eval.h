// Measuring: how far two embeddings are apart, how long a model takes, where it ran, and whether this program computes
// what it should on this machine.
#pragma once

#include "convnext/eval/accuracy.h"
#include "convnext/eval/environment.h"
#include "convnext/eval/glibc_floor.h"
#include "convnext/eval/inference_record.h"
#include "convnext/eval/inputs.h"
#include "convnext/eval/memory.h"
#include "convnext/eval/model_facts.h"
#include "convnext/eval/performance.h"
#include "convnext/eval/selftest.h"
