using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Backprop.Shared.Formats;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Formats;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_written_file_has_exactly_these_bytes()
    {
        NamedTensor[] tensors = [new("a.weight", new Shape(1, 2), new float[] { 1f, -2f }), new("s", new Shape(), new float[] { 0.5f })];
        using var stream = new MemoryStream();

        stream.Write(SafetensorsWriter.Head([new("k", "v'\u00e9")], tensors));
        SafetensorsWriter.WriteData(stream, tensors, hash: null);

        var json = """
            {"__metadata__":{"k":"v'é"},"a.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},
            "s":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}
            """.ReplaceLineEndings(string.Empty);
        var header = Encoding.UTF8.GetBytes(json).ToList();
        while (header.Count % 8 != 0)
        {
            header.Add((byte)' ');
        }

        byte[] data = [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f];
        byte[] length = [(byte)header.Count, 0, 0, 0, 0, 0, 0, 0];
        stream.ToArray().ShouldBe([.. length, .. header, .. data]);
    }

    [Fact]
    public void A_tensor_of_several_chunks_comes_back_bit_for_bit()
    {
        var values = new float[(2 * FloatBytes.ChunkElements) + 3];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BitConverter.Int32BitsToSingle(i * 2654435);
        }

        NamedTensor[] tensors = [new("first", new Shape(3), new float[3]), new("long", new Shape(values.Length), values)];
        using (var stream = File.Create(_folder["long"]))
        {
            stream.Write(SafetensorsWriter.Head([], tensors));
            SafetensorsWriter.WriteData(stream, tensors, hash: null);
        }

        using var file = SafetensorsFile.Open(_folder["long"]);
        var read = new float[values.Length];
        file.Read(file.Header.Tensors[1], read);

        MemoryMarshal.AsBytes<float>(read).SequenceEqual(MemoryMarshal.AsBytes<float>(values)).ShouldBeTrue();
    }

    [Fact]
    public void A_foreign_file_with_an_empty_tensor_other_types_and_any_order_is_read()
    {
        const string Json =
            """
            {"b":{"data_offsets":[6,14],"shape":[2],"dtype":"F32"},"half":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]},
             "none":{"dtype":"F32","shape":[0,4],"data_offsets":[6,6]}, "__metadata__":{"format":"pt"}}
            """;
        using var file = Open(Json, [1, 2, 3, 4, 5, 6, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]);

        file.Header.Metadata["format"].ShouldBe("pt");
        file.Header.Tensors.Select(t => t.Name).ShouldBe(["half", "none", "b"]);
        var read = new float[2];
        file.Read(file.Header.Tensors[2], read);
        read.ShouldBe([1f, 2f]);
        Should.Throw<UserException>(() => file.Read(file.Header.Tensors[0], read)).Message.ShouldContain("half as BF16");
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}}""", "two")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"dtype":"F32","data_offsets":[0,4]}}""", "repeated 'dtype'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}""", "unexpected or repeated 'more'")]
    [InlineData("""{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", "unknown type 'F33'")]
    [InlineData("""{"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}""", "a string as the type")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "another length than its shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}""", "impossible shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807,0],"data_offsets":[0,4]}}""", "impossible shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "no whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "no whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}""", "no whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "outside of the file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "outside of the file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", "lacks its type, shape or offsets")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", "lacks its type, shape or offsets")]
    [InlineData("""{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "overlap")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "overlap")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", "hold 3 bytes, but 4 follow")]
    [InlineData("""{}""", "hold 0 bytes, but 4 follow")]
    [InlineData("""{"__metadata__":{"a":1},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "a string as the metadata 'a'")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "'a' twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "two sets of metadata")]
    [InlineData("""{"a":[[[[1]]]]}""", "an object as the tensor 'a'")]
    [InlineData("""{"a\u0007\n":1}""", "an object as the tensor 'a??'")]
    [InlineData("""{"\ud800":1}""", "no valid UTF-8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}x""", "no valid JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "no valid JSON")]
    [InlineData(""" {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "no JSON object")]
    [InlineData("", "no JSON object")]
    public void A_header_that_the_format_forbids_is_refused(string json, string what)
    {
        var problem = Should.Throw<UserException>(() => Open(json, [0, 0, 0, 0]));

        problem.ExitCode.ShouldBe(ExitCode.Storage);
        problem.Message.ShouldContain(_folder["file"]);
        problem.Message.ShouldContain(what);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(100_000_001UL)]
    [InlineData(17UL)]
    public void A_header_longer_than_its_file_is_refused_before_anything_is_allocated(ulong announced)
    {
        var bytes = new byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, announced);
        File.WriteAllBytes(_folder["file"], bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var problem = Should.Throw<UserException>(() => SafetensorsFile.Open(_folder["file"]));

        problem.Message.ShouldContain($"{announced} bytes in a file of 24");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 18);
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x80)]
    [InlineData(0xff)]
    public void Whichever_byte_of_the_header_changes_the_answer_is_a_header_or_a_sentence(byte bits)
    {
        NamedTensor[] tensors = [new("a.weight", new Shape(1, 2), new float[2]), new("b", new Shape(), new float[1])];
        var head = SafetensorsWriter.Head([new("k", "v\n\u00e9")], tensors);
        for (var i = 0; i < head.Length; i++)
        {
            var bytes = (byte[])[.. head, .. new byte[12]];
            bytes[i] ^= bits;
            File.WriteAllBytes(_folder["file"], bytes);
            try
            {
                using var file = SafetensorsFile.Open(_folder["file"]);
                file.Header.Tensors.Sum(t => t.End - t.Begin).ShouldBe(12, $"byte {i}");
            }
            catch (UserException problem)
            {
                problem.ExitCode.ShouldBe(ExitCode.Storage, $"byte {i}");
            }
        }
    }

    [Fact]
    public void A_missing_file_is_a_usage_error_and_a_folder_or_device_a_storage_error()
    {
        Should.Throw<UserException>(() => SafetensorsFile.Open(_folder["none"])).ExitCode.ShouldBe(ExitCode.Usage);
        Should.Throw<UserException>(() => SafetensorsFile.Open(_folder.Path)).ExitCode.ShouldBe(ExitCode.Storage);
        if (OperatingSystem.IsLinux())
        {
            Should.Throw<UserException>(() => SafetensorsFile.Open("/dev/zero")).ExitCode.ShouldBe(ExitCode.Storage);
        }
    }

    private SafetensorsFile Open(string json, byte[] data)
    {
        var header = Encoding.UTF8.GetBytes(json);
        var length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        File.WriteAllBytes(_folder["file"], [.. length, .. header, .. data]);
        return SafetensorsFile.Open(_folder["file"]);
    }
}
