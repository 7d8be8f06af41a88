using System.Globalization;
using Google.Protobuf;

namespace Backprop.Tests.Coordinator.Cluster.Fuzz;

/// <summary>
/// What strangers, workers, nodes and people's commands may send over gRPC, and what nodes may mail to each other, bent. BACKPROP_FUZZ
/// says how many messages; the seed is fixed, so a failure is repeated.
/// </summary>
public sealed class MessageFuzzTests(ITestOutputHelper output)
{
    /// <summary>An entry of two bytes becomes an object of some hundred; of an unreadable message, the exception comes on top.</summary>
    private const long BytesEach = 256;
    private const int BytesBesides = 2 << 20;

    private static readonly long Count =
        long.Parse(Environment.GetEnvironmentVariable("BACKPROP_FUZZ") ?? "20000", CultureInfo.InvariantCulture);

    [Fact]
    public void NoMessageDoesHarm_AndEachIsAnsweredProperly()
    {
        var hostile = new HostileMessages(20261129);
        using var judges = new MessageJudges();
        var good = GoodMessages.All();
        var bytes = Array.ConvertAll(good, message => message.ToByteArray());
        var unreadable = 0;
        for (var i = 0L; i < Count; i++)
        {
            var which = (int)(i % good.Length);
            try
            {
                unreadable += Give(judges, hostile, good[which], bytes[which], bytes[hostile.Random.Below(bytes.Length)]) ? 0 : 1;
            }
            catch (Exception harm)
            {
                throw new InvalidOperationException($"Message {i}, a {good[which].Descriptor.Name}: {harm.Message}", harm);
            }
        }

        output.WriteLine($"{Count} messages: {judges.Taken} taken, {judges.Refused} refused, {unreadable} unreadable");

        // The check is one only if all three happen often.
        judges.Taken.ShouldBeGreaterThan((int)(Count / 20));
        judges.Refused.ShouldBeGreaterThan((int)(Count / 5));
        unreadable.ShouldBeGreaterThan((int)(Count / 10));
    }

    /// <returns>Whether it could be read.</returns>
    private static bool Give(MessageJudges judges, HostileMessages hostile, IMessage good, byte[] bytes, byte[] other)
    {
        IMessage message;
        if (hostile.Random.Below(2) == 0)
        {
            var bent = hostile.Bend(bytes, other);
            var parser = good.Descriptor.Parser;
            judges.Deliver(good.Descriptor.Name, bent);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                message = parser.ParseFrom(bent);
            }
            catch (InvalidProtocolBufferException)
            {
                return false;
            }
            finally
            {
                (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan((BytesEach * bent.Length) + BytesBesides);
            }
        }
        else
        {
            message = good.Descriptor.Parser.ParseFrom(bytes);
            hostile.Spoil(message);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        judges.Judge(message);
        (GC.GetAllocatedBytesForCurrentThread() - allocated).ShouldBeLessThan((BytesEach * message.CalculateSize()) + BytesBesides);
        return true;
    }
}
