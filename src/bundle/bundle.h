// The evidence: what a run leaves behind for others to read.
#pragma once

#include "bundle/accuracy_report.h"
#include "bundle/assemble.h"
#include "bundle/directory.h"
#include "bundle/environment_compare.h"
#include "bundle/environment_report.h"
#include "bundle/evidence.h"
#include "bundle/inference_report.h"
#include "bundle/json_text.h"
#include "bundle/launchers.h"
#include "bundle/layout.h"
#include "bundle/manifest.h"
#include "bundle/performance_report.h"
#include "bundle/phases.h"
#include "bundle/pictures.h"
#include "bundle/readme.h"
#include "bundle/run_log.h"
