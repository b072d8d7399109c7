// timm/models/convnext.py as ONNX operators (https://onnx.ai/onnx/operators). Only such as Ascend's parser knows and
// has float32 kernels for on every chip: a mean over two axes, not GlobalAveragePool (float16 only on some), and GELU
// through Erf (there is no Gelu before opset 20, and Ascend's own is the tanh approximation).
#include "convnext/onnx/graph.h"

#include <array>
#include <cmath>
#include <initializer_list>
#include <map>
#include <numbers>

namespace convnext {
namespace {

using Ints = std::vector<int64_t>;

void SetInts(onnx::NodeProto& node, const char* name, const Ints& values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const int64_t value : values) attribute.add_ints(value);
}

void SetInt(onnx::NodeProto& node, const char* name, int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void SetFloat(onnx::NodeProto& node, const char* name, double value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(static_cast<float>(value));
}

struct Dimension {
  std::optional<int64_t> size;
  const char* letter = "";  // what an open dimension is called
};

// Describes an input or output.
void Describe(onnx::ValueInfoProto& value, const char* name, int type, std::initializer_list<Dimension> shape) {
  value.set_name(name);
  onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  for (const Dimension& wanted : shape) {
    auto& dimension = *tensor.mutable_shape()->add_dim();
    if (wanted.size) {
      dimension.set_dim_value(*wanted.size);
    } else {
      dimension.set_dim_param(wanted.letter);
    }
  }
}

// Adds the network to the graph, layer by layer. Every function takes the name of its input and gives the name of its
// output; "NCHW" and "NHWC" say how they lie.
class GraphBuilder {
 public:
  GraphBuilder(const ModelConfig& config, const OnnxOptions& options) : config_(config), options_(options) {}

  OnnxGraph Release() && { return std::move(graph_); }

  void Network() {
    const NetworkSpec network = DescribeNetwork(config_);
    std::string x = Convolution(network.stem_conv, options_.uint8_input ? Normalized(kOnnxInput) : kOnnxInput);
    x = ChannelNorm(network.stem_norm, x);
    for (const StageSpec& stage : network.stages) x = Stage(stage, x);
    Head(network, x);
    onnx::GraphProto& proto = graph_.proto;
    proto.set_name(config_.architecture);
    proto.mutable_node()->rbegin()->set_output(0, kOnnxOutput);
    const Dimension batch{options_.batch, "batch"}, height{options_.height, "height"}, width{options_.width, "width"};
    if (options_.uint8_input) {
      Describe(*proto.add_input(), kOnnxInput, onnx::TensorProto::UINT8, {batch, height, width, {3}});
    } else {
      Describe(*proto.add_input(), kOnnxInput, onnx::TensorProto::FLOAT, {batch, {3}, height, width});
    }
    Describe(*proto.add_output(), kOnnxOutput, onnx::TensorProto::FLOAT, {batch, {config_.embedding_dim()}});
  }

 private:
  onnx::NodeProto& Node(const char* op, const std::string& name, const std::vector<std::string>& inputs) {
    onnx::NodeProto& node = *graph_.proto.add_node();
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(name);
    node.set_name(name);
    node.set_op_type(op);
    return node;
  }

  // An operator that is nothing but its inputs.
  std::string Apply(const char* op, const std::string& name, const std::vector<std::string>& inputs) {
    return Node(op, name, inputs).output(0);
  }

  // timm's tensor, as it is stored.
  std::string Tensor(const NamedShape& tensor) {
    graph_.initializers.push_back({tensor.name, tensor.shape, tensor.name, false, {}});
    return tensor.name;
  }
  std::string Weight(const LayerSpec& layer) { return Tensor(WeightOf(layer)); }
  std::string Bias(const LayerSpec& layer) { return Tensor(BiasOf(layer)); }

  // The [outputs, inputs] of a Linear as [inputs, outputs].
  std::string TransposedWeight(const LayerSpec& layer) {
    const std::string name = WeightOf(layer).name;
    graph_.initializers.push_back({name + ".T", {layer.inputs, layer.outputs}, name, true, {}});
    return name + ".T";
  }

  // A number that several nodes may share.
  std::string Scalar(const std::string& name, double value) {
    if (scalars_.emplace(name, value).second) {
      graph_.initializers.push_back({name, {}, "", false, {static_cast<float>(value)}});
    }
    return name;
  }

  // A number for each channel of NHWC.
  std::string Channels(const std::string& name, const std::array<double, 3>& values) {
    graph_.initializers.push_back({name, {3}, "", false, std::vector<float>(values.begin(), values.end())});
    return name;
  }

  // 8-bit pictures NHWC to what the stem reads: torchvision's ToTensor and Normalize, which divide twice.
  std::string Normalized(const std::string& pictures) {
    onnx::NodeProto& cast = Node("Cast", "normalize/Cast", {pictures});
    SetInt(cast, "to", onnx::TensorProto::FLOAT);
    const std::string pixels = cast.output(0);  // before the next node moves it
    const std::string unit = Apply("Div", "normalize/Div", {pixels, Scalar("normalize.255", 255)});
    const Preprocessing& preprocessing = config_.preprocessing;
    const std::string centred = Apply("Sub", "normalize/Sub", {unit, Channels("normalize.mean", preprocessing.mean)});
    const std::string scaled = Apply("Div", "normalize/Div_1", {centred, Channels("normalize.std", preprocessing.std)});
    return ToNchw("normalize", scaled);
  }

  std::string Transpose(const std::string& name, const std::string& x, const Ints& permutation) {
    onnx::NodeProto& node = Node("Transpose", name, {x});
    SetInts(node, "perm", permutation);
    return node.output(0);
  }
  std::string ToNhwc(const std::string& name, const std::string& x) { return Transpose(name, x, {0, 2, 3, 1}); }
  std::string ToNchw(const std::string& name, const std::string& x) { return Transpose(name, x, {0, 3, 1, 2}); }

  std::string Mean(const std::string& name, const std::string& x, const Ints& axes, bool keep) {
    onnx::NodeProto& node = Node("ReduceMean", name, {x});
    SetInts(node, "axes", axes);  // an attribute up to opset 17
    SetInt(node, "keepdims", keep ? 1 : 0);
    return node.output(0);
  }

  // NCHW. Rows and columns that fill no window are not read.
  std::string Convolution(const LayerSpec& layer, const std::string& x) {
    const bool depthwise = layer.type == LayerType::kDepthwise;
    const int64_t stride = depthwise ? 1 : layer.kernel;
    onnx::NodeProto& node = Node("Conv", layer.name, {x, Weight(layer), Bias(layer)});
    SetInts(node, "dilations", {1, 1});
    SetInt(node, "group", depthwise ? layer.outputs : 1);
    SetInts(node, "kernel_shape", {layer.kernel, layer.kernel});
    SetInts(node, "pads", Ints(4, depthwise ? layer.kernel / 2 : 0));
    SetInts(node, "strides", {stride, stride});
    return node.output(0);
  }

  // Over the last dimension: (x - mean) / sqrt(mean((x - mean)^2) + eps) * weight + bias.
  std::string Norm(const LayerSpec& layer, const std::string& x) {
    return options_.opset >= 17 ? NormOperator(layer, x) : DecomposedNorm(layer, x);
  }

  std::string NormOperator(const LayerSpec& layer, const std::string& x) {
    onnx::NodeProto& node = Node("LayerNormalization", layer.name, {x, Weight(layer), Bias(layer)});
    SetInt(node, "axis", -1);
    SetFloat(node, "epsilon", layer.eps);
    return node.output(0);
  }

  // The operators in the order that PyTorch exports them in, which compilers look for to fuse them.
  std::string DecomposedNorm(const LayerSpec& layer, const std::string& x) {
    const std::string& name = layer.name;
    const std::string mean = Mean(name + "/ReduceMean", x, {-1}, true);
    const std::string centred = Apply("Sub", name + "/Sub", {x, mean});
    const std::string squares = Apply("Pow", name + "/Pow", {centred, Scalar("layer_norm.two", 2)});
    const std::string variance = Mean(name + "/ReduceMean_1", squares, {-1}, true);
    const std::string sum = Apply("Add", name + "/Add", {variance, Scalar("layer_norm.eps", layer.eps)});
    const std::string deviation = Apply("Sqrt", name + "/Sqrt", {sum});
    const std::string unit = Apply("Div", name + "/Div", {centred, deviation});
    const std::string scaled = Apply("Mul", name + "/Mul", {unit, Weight(layer)});
    return Apply("Add", name, {scaled, Bias(layer)});
  }

  // NCHW, over the channels: timm's LayerNorm2d.
  std::string ChannelNorm(const LayerSpec& layer, const std::string& x) {
    return ToNchw(layer.name + "/Transpose_1", Norm(layer, ToNhwc(layer.name + "/Transpose", x)));
  }

  // x / 2 * (1 + erf(x / sqrt(2))).
  std::string Gelu(const std::string& name, const std::string& x) {
    const std::string divided = Apply("Div", name + "/Div", {x, Scalar("gelu.sqrt_2", std::sqrt(2.0))});
    const std::string erf = Apply("Erf", name + "/Erf", {divided});
    const std::string sum = Apply("Add", name + "/Add", {erf, Scalar("gelu.one", 1)});
    const std::string product = Apply("Mul", name + "/Mul", {x, sum});
    return Apply("Mul", name, {product, Scalar("gelu.half", 0.5)});
  }

  std::string WithAttribute(const char* op, const std::string& name, const std::string& x, const char* attribute,
                            double value) {
    onnx::NodeProto& node = Node(op, name, {x});
    SetFloat(node, attribute, value);
    return node.output(0);
  }

  std::string HardSigmoid(const std::string& name, const std::string& x) {
    onnx::NodeProto& node = Node("HardSigmoid", name, {x});
    SetFloat(node, "alpha", 1.0 / 6);
    SetFloat(node, "beta", 0.5);
    return node.output(0);
  }

  std::string Clip(const std::string& name, const std::string& x, double least, double most) {
    return Apply("Clip", name, {x, Scalar(name + ".min", least), Scalar(name + ".max", most)});
  }

  // x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))).
  std::string GeluTanh(const std::string& name, const std::string& x) {
    const std::string square = Apply("Mul", name + "/Mul", {x, x});
    const std::string cube = Apply("Mul", name + "/Mul_1", {square, x});
    const std::string part = Apply("Mul", name + "/Mul_2", {cube, Scalar("gelu.cubic", 0.044715)});
    const std::string sum = Apply("Add", name + "/Add", {x, part});
    const std::string inner =
        Apply("Mul", name + "/Mul_3", {sum, Scalar("gelu.root", std::sqrt(2 / std::numbers::pi))});
    const std::string tanh =
        Apply("Add", name + "/Add_1", {Apply("Tanh", name + "/Tanh", {inner}), Scalar("gelu.one", 1)});
    return Apply("Mul", name, {Apply("Mul", name + "/Mul_4", {x, tanh}), Scalar("gelu.half", 0.5)});
  }

  std::string HardMish(const std::string& name, const std::string& x) {
    const std::string shifted = Apply("Add", name + "/Add", {x, Scalar("hard_mish.two", 2)});
    const std::string half = Apply("Mul", name + "/Mul", {x, Scalar("hard_mish.half", 0.5)});
    return Apply("Mul", name, {half, Clip(name + "/Clip", shifted, 0, 2)});
  }

  // kernels/activation.h.
  std::string Activate(Activation activation, const std::string& name, const std::string& x) {
    const auto times_x = [&](const std::string& factor) { return Apply("Mul", name, {x, factor}); };
    const std::string inner = name + "/Inner";
    switch (activation) {
      case Activation::kGelu:
        return Gelu(name, x);
      case Activation::kGeluTanh:
        return GeluTanh(name, x);
      case Activation::kQuickGelu:
        return times_x(Apply("Sigmoid", inner, {Apply("Mul", name + "/Mul", {x, Scalar("quick_gelu.scale", 1.702)})}));
      case Activation::kSilu:
        return times_x(Apply("Sigmoid", inner, {x}));
      case Activation::kMish:
        return times_x(Apply("Tanh", inner, {Apply("Softplus", name + "/Softplus", {x})}));
      case Activation::kRelu:
        return Apply("Relu", name, {x});
      case Activation::kRelu6:
        return Clip(name, x, 0, 6);
      case Activation::kLeakyRelu:
        return WithAttribute("LeakyRelu", name, x, "alpha", 0.01);
      case Activation::kElu:
        return Apply("Elu", name, {x});
      case Activation::kSelu:
        return Apply("Selu", name, {x});
      case Activation::kSigmoid:
        return Apply("Sigmoid", name, {x});
      case Activation::kTanh:
        return Apply("Tanh", name, {x});
      case Activation::kHardSigmoid:
        return HardSigmoid(name, x);
      case Activation::kHardSwish:
        return times_x(HardSigmoid(inner, x));
      case Activation::kHardMish:
        return HardMish(name, x);
      case Activation::kIdentity:
        return x;
    }
    return x;
  }

  // NHWC: x W^T + b for every pixel.
  std::string Linear(const LayerSpec& layer, const std::string& x) {
    const std::string product = Apply("MatMul", layer.name + "/MatMul", {x, TransposedWeight(layer)});
    return Apply("Add", layer.name, {product, Bias(layer)});
  }

  // [N, inputs] to [N, outputs].
  std::string HeadLinear(const LayerSpec& layer, const std::string& x) {
    onnx::NodeProto& node = Node("Gemm", layer.name, {x, Weight(layer), Bias(layer)});
    SetInt(node, "transB", 1);
    return node.output(0);
  }

  // NCHW: x + gamma * mlp(norm(conv_dw(x))).
  std::string Block(const BlockSpec& block, const std::string& x) {
    const std::string& name = block.name;
    std::string y = Convolution(block.conv_dw, x);
    y = Norm(block.norm, ToNhwc(name + "/Transpose", y));
    y = Activate(block.fc1.activation, name + ".mlp.act", Linear(block.fc1, y));
    y = Linear(block.fc2, y);
    y = Apply("Mul", block.gamma.name + "/Mul", {y, Weight(block.gamma)});
    return Apply("Add", name, {x, ToNchw(name + "/Transpose_1", y)});
  }

  std::string Stage(const StageSpec& stage, std::string x) {
    if (stage.downsample_norm) x = ChannelNorm(*stage.downsample_norm, x);
    if (stage.downsample_conv) x = Convolution(*stage.downsample_conv, x);
    for (const BlockSpec& block : stage.blocks) x = Block(block, x);
    return x;
  }

  std::string Maximum(const std::string& name, const std::string& x) {
    onnx::NodeProto& node = Node("ReduceMax", name, {x});
    SetInts(node, "axes", {2, 3});
    SetInt(node, "keepdims", 0);
    return node.output(0);
  }

  // NCHW to [N, C].
  std::string GlobalPool(const std::string& name, const std::string& x) {
    if (config_.pooling == Pooling::kAverage) return Mean(name, x, {2, 3}, false);
    if (config_.pooling == Pooling::kMaximum) return Maximum(name, x);
    const std::string sum =
        Apply("Add", name + "/Add", {Mean(name + "/Mean", x, {2, 3}, false), Maximum(name + "/Max", x)});
    return Apply("Mul", name, {sum, Scalar("global_pool.half", 0.5)});
  }

  // NCHW to [N, embedding_dim]: timm's NormMlpClassifierHead.
  std::string Head(const NetworkSpec& network, std::string x) {
    x = Norm(network.head_norm, GlobalPool("head.global_pool", x));
    if (const auto& hidden = network.pre_logits)
      x = Activate(hidden->activation, "head.pre_logits.act", HeadLinear(*hidden, x));
    return network.fc ? HeadLinear(*network.fc, x) : x;
  }

  const ModelConfig& config_;
  const OnnxOptions& options_;
  std::map<std::string, double> scalars_;
  OnnxGraph graph_;
};

}  // namespace

OnnxGraph BuildGraph(const ModelConfig& config, const OnnxOptions& options) {
  GraphBuilder builder(config, options);
  builder.Network();
  return std::move(builder).Release();
}

}  // namespace convnext
