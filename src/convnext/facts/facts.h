// What a run leaves behind: records, their JSON, and every number and verdict that follows from them.
#pragma once

#include "convnext/facts/environment_rules.h"
#include "convnext/facts/git.h"
#include "convnext/facts/inference_text.h"
#include "convnext/facts/json_text.h"
#include "convnext/facts/metrics.h"
#include "convnext/facts/record_json.h"
#include "convnext/facts/records.h"
#include "convnext/facts/reference_file.h"
#include "convnext/facts/statistics.h"
#include "convnext/facts/thresholds.h"
#include "convnext/facts/tool.h"
#include "convnext/facts/verdict.h"
#include "convnext/facts/window.h"
