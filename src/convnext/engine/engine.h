// The way of a picture through a model on a device. Which devices there are is not known here: convnext/engine.h is the
// way in.
#pragma once

#include "convnext/engine/answer_queue.h"
#include "convnext/engine/batch_driver.h"
#include "convnext/engine/batcher.h"
#include "convnext/engine/core.h"
#include "convnext/engine/inference.h"
#include "convnext/engine/picture_stream.h"
#include "convnext/engine/preprocessor.h"
