namespace Backprop.Shared.Runs.Yaml;

/// <summary>
/// The words of PyTorch, Keras and scikit-learn, and what is called so here: people bring them along, and no count of letters leads from
/// <c>lr</c> to <c>rate</c>.
/// </summary>
internal static class Vocabulary
{
    private static readonly Dictionary<string, string[]> Ours = Read(
        "rate: lr, learning_rate, learning_rate_init, base_lr, init_lr, initial_lr, step_size, eta0, alpha",
        "weightDecay: wd, l2, l2_reg, l2_regularization, kernel_regularizer, decay_rate",
        "epsilon: eps",
        "beta1: beta_1, betas",
        "beta2: beta_2, betas",
        "momentum: momentum_decay",
        "batch: batch_size, bs, minibatch, mini_batch, mini_batch_size, per_device_train_batch_size, train_batch_size",
        "epochs: epoch, n_epochs, num_epochs, nb_epoch, max_epochs, max_epoch, num_train_epochs",
        "steps: iterations, n_iter, num_iter, max_iter, max_steps, num_steps, train_steps",
        "seed: random_state, random_seed, manual_seed",
        "loss: criterion, loss_fn, loss_function, objective, cost",
        "optimizer: optim, solver, opt",
        "schedule: scheduler, lr_scheduler, lr_schedule, learning_rate_schedule",
        "model: network, net, layers, architecture, hidden_layer_sizes",
        "data: dataset, datasets",
        "train: training, train_data, train_set, train_dataset, x_train",
        "test: testing, test_data, test_set, test_dataset, x_test, eval, valid, val, validation, validation_data, val_data",
        "fraction: validation_split, validation_fraction, test_size, test_split, val_split",
        "metrics: metric, scoring",
        "evaluate: evaluation, eval_strategy",
        "checkpoint: checkpoints, checkpointing, model_checkpoint, save",
        "everySteps: save_steps, eval_steps, save_every, save_freq, logging_steps, step_size, decay_steps",
        "everyEpochs: eval_every, check_val_every_n_epoch, period",
        "everySeconds: save_every_seconds, save_interval",
        "keep: save_top_k, save_total_limit, max_to_keep",
        "clip: clipping, gradient_clipping, grad_clip, clipnorm, gradient_clip_val",
        "norm: max_norm, max_grad_norm, clip_norm, global_clipnorm, value",
        "warmupSteps: warmup, warmup_steps, num_warmup_steps, n_warmup",
        "floor: eta_min, min_lr, alpha",
        "factor: gamma",
        "decay: gamma, decay_rate",
        "out: units, out_features, outputs, output, size, width, neurons, n_out, features",
        "bias: use_bias",
        "init: kernel_initializer, weight_init, initializer",
        "standardize: normalize, standard_scaler, standardscaler, scaler, z_score",
        "scale: normalization, preprocessing, transform, transforms",
        "label: labels, label_column, target_column, y",
        "targets: target, y_columns, target_columns, label_columns",
        "classes: num_classes, n_classes, nb_classes",
        "path: file, filename, filepath, csv_path, root",
        "shards: num_shards",

        // Of kinds; those above are of keys.
        "linear: dense, fc, fully_connected, affine, innerproduct",
        "flatten: reshape",
        "cross-entropy: crossentropyloss, categorical_crossentropy, sparse_categorical_crossentropy, softmax_cross_entropy, "
            + "nll, nll_loss, nllloss, log_loss, ce",
        "mse: mean_squared_error, mseloss, mse_loss, squared_error, l2_loss",
        "mean-absolute-error: mae, l1, l1loss, l1_loss",
        "accuracy: acc, categorical_accuracy, sparse_categorical_accuracy, binary_accuracy, accuracy_score",
        "sgd: stochastic_gradient_descent, gradient_descent",
        "cosine: cosineannealing, cosineannealinglr, cosine_annealing, cosine_decay, cosinedecay",
        "exponential: exponentiallr, exponentialdecay, exp",
        "step: steplr, multistep, multisteplr, step_decay, piecewise",
        "constant: constantlr, none, fixed",
        "kaiming-uniform: he, he_uniform, kaiming, kaiming_uniform_",
        "kaiming-normal: he_normal, kaiming_normal_",
        "xavier-uniform: glorot, glorot_uniform, xavier, xavier_uniform_",
        "xavier-normal: glorot_normal, xavier_normal_",
        "normal: random_normal, gaussian, truncated_normal, normal_",
        "zeros: zero, zeros_",
        "csv: table, tsv, excel, dataframe, pandas",
        "idx: mnist, ubyte");

    /// <summary>What others have and this does not yet: near it in letters is nothing that is meant.</summary>
    private static readonly HashSet<string> Absent = new(
        Words(
            "gelu, elu, selu, celu, leaky_relu, leakyrelu, prelu, swish, silu, mish, softplus, hardswish, dropout, batchnorm, batch_norm, "
            + "batch_normalization, layernorm, layer_norm, conv, conv1d, conv2d, conv3d, maxpool, maxpool2d, avgpool, embedding, "
            + "rnn, lstm, gru, attention, multi_head_attention, transformer, bce, bceloss, bcewithlogitsloss, "
            + "binary_crossentropy, binary_cross_entropy, "
            + "huber, smooth_l1, hinge, kl_div, rmsprop, adagrad, adadelta, adamax, nadam, lbfgs, lamb, lion, rmse, r2, f1, precision, "
            + "recall, auc, roc_auc, plateau, reduce_on_plateau, reducelronplateau, one_cycle, early_stopping, earlystopping, "
            + "parquet, json")
            .Select(Nearest.Plain));

    /// <summary>What a word of others may be called here: some keys or kinds, or none.</summary>
    public static IReadOnlyList<string> Of(string word) => Ours.GetValueOrDefault(Nearest.Plain(word), []);

    /// <summary>Whether a word is of something that is not here yet.</summary>
    public static bool IsAbsent(string word) => Absent.Contains(Nearest.Plain(word));

    private static Dictionary<string, string[]> Read(params string[] lines) => lines
        .Select(line => line.Split(": "))
        .SelectMany(parts => Words(parts[1]).Select(word => (Word: Nearest.Plain(word), Ours: parts[0])))
        .GroupBy(pair => pair.Word, pair => pair.Ours)
        .ToDictionary(group => group.Key, group => group.ToArray());

    private static string[] Words(string list) => list.Split(", ");
}
