// Measuring: how far two embeddings are apart, how long a model takes, where it ran, and whether this program computes
// what it should on this machine.
#pragma once

#include "eval/accuracy.h"
#include "eval/environment.h"
#include "eval/facts.h"
#include "eval/inference_record.h"
#include "eval/inputs.h"
#include "eval/memory.h"
#include "eval/metrics.h"
#include "eval/performance.h"
#include "eval/profile_table.h"
#include "eval/record_json.h"
#include "eval/records.h"
#include "eval/reference_file.h"
#include "eval/selftest.h"
#include "eval/statistics.h"
#include "eval/test_images.h"
#include "eval/thresholds.h"
#include "eval/tool_facts.h"
