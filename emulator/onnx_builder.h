// ONNX models for the emulator's tests, by the classes of libonnx.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace ascend_emulator {

class OnnxBuilder {
 public:
  explicit OnnxBuilder(int64_t opset = 17) {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(opset);
    graph().set_name("test");
  }

  onnx::ModelProto& model() { return model_; }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }
  std::string Bytes() const { return model_.SerializeAsString(); }

  // A dimension of -1 is open.
  OnnxBuilder& Input(const std::string& name, const std::vector<int64_t>& dims) {
    Describe(*graph().add_input(), name, dims);
    return *this;
  }
  OnnxBuilder& Output(const std::string& name, const std::vector<int64_t>& dims) {
    Describe(*graph().add_output(), name, dims);
    return *this;
  }

  OnnxBuilder& Floats(const std::string& name, const std::vector<int64_t>& dims, const std::vector<float>& values,
                      bool raw = true) {
    onnx::TensorProto& tensor = Tensor(name, dims, onnx::TensorProto::FLOAT);
    if (raw) {
      tensor.set_raw_data(values.data(), values.size() * sizeof(float));
    } else {
      tensor.mutable_float_data()->Add(values.begin(), values.end());
    }
    return *this;
  }
  OnnxBuilder& Integers(const std::string& name, const std::vector<int64_t>& values) {
    Tensor(name, {static_cast<int64_t>(values.size())}, onnx::TensorProto::INT64)
        .mutable_int64_data()
        ->Add(values.begin(), values.end());
    return *this;
  }

  // The node added last is the one that Ints, Int and Float add attributes to.
  OnnxBuilder& Node(const std::string& type, const std::vector<std::string>& inputs, const std::string& output) {
    onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(type);
    node.set_name(output + "_node");
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return *this;
  }
  OnnxBuilder& Ints(const std::string& name, const std::vector<int64_t>& values) {
    Attribute(name, onnx::AttributeProto::INTS).mutable_ints()->Add(values.begin(), values.end());
    return *this;
  }
  OnnxBuilder& Int(const std::string& name, int64_t value) {
    Attribute(name, onnx::AttributeProto::INT).set_i(value);
    return *this;
  }
  OnnxBuilder& Float(const std::string& name, float value) {
    Attribute(name, onnx::AttributeProto::FLOAT).set_f(value);
    return *this;
  }

 private:
  static void Describe(onnx::ValueInfoProto& value, const std::string& name, const std::vector<int64_t>& dims) {
    value.set_name(name);
    onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    tensor.mutable_shape();
    for (const int64_t dim : dims) {
      if (dim < 0) {
        tensor.mutable_shape()->add_dim()->set_dim_param("open");
      } else {
        tensor.mutable_shape()->add_dim()->set_dim_value(dim);
      }
    }
  }
  onnx::TensorProto& Tensor(const std::string& name, const std::vector<int64_t>& dims, int type) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const int64_t dim : dims) tensor.add_dims(dim);
    return tensor;
  }
  onnx::AttributeProto& Attribute(const std::string& name, onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto& attribute = *graph().mutable_node()->rbegin()->add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
  }

  onnx::ModelProto model_;
};

// As an input or output of Program holds them.
inline std::string BytesOfFloats(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}
inline std::vector<float> FloatsOf(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

}  // namespace ascend_emulator
