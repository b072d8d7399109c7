// Embeddings of millions of pictures: a plan, units that are committed one by one, and what is proved of them.
#pragma once

#include "convnext/embed/committed.h"
#include "convnext/embed/embed_log.h"
#include "convnext/embed/embed_pace.h"
#include "convnext/embed/inputs.h"
#include "convnext/embed/layout.h"
#include "convnext/embed/make_plan.h"
#include "convnext/embed/plan.h"
#include "convnext/embed/rank.h"
#include "convnext/embed/run_embed.h"
