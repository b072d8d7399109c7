// The evidence: what a run leaves behind for others to read.
#pragma once

#include "convnext/bundle/accuracy_report.h"
#include "convnext/bundle/assemble.h"
#include "convnext/bundle/directory.h"
#include "convnext/bundle/environment_compare.h"
#include "convnext/bundle/environment_report.h"
#include "convnext/bundle/evidence.h"
#include "convnext/bundle/hosting.h"
#include "convnext/bundle/launchers.h"
#include "convnext/bundle/layout.h"
#include "convnext/bundle/manifest.h"
#include "convnext/bundle/performance_report.h"
#include "convnext/bundle/phases.h"
#include "convnext/bundle/pictures.h"
#include "convnext/bundle/readme.h"
#include "convnext/bundle/run_log.h"
#include "convnext/facts/facts.h"
