//! Whether JSON holds all of a value, seen without any code of JavaScript: the library's own look at each value would cost
//! more than a script.

use rquickjs::{Ctx, Function, Object, Value, qjs};

/// Levels that are looked at. What is deeper, or a circle, is left to the library.
const LEVELS: usize = 64;

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("isPlain", Function::new(ctx.clone(), is_plain)?)
}

/// Whether a value is made of texts, finite numbers, booleans, nulls, and of lists and objects with these prototypes and
/// without accessors. False says nothing.
fn is_plain<'js>(ctx: Ctx<'js>, value: Value<'js>, objects: Object<'js>, arrays: Object<'js>) -> bool {
    let look =
        Look { ctx: ctx.as_raw().as_ptr(), objects: pointer(objects.as_raw()), arrays: pointer(arrays.as_raw()) };
    // SAFETY: all three live as long as the call.
    unsafe { look.at(value.as_raw(), LEVELS) }
}

/// Where an object is.
fn pointer(value: qjs::JSValue) -> *mut std::ffi::c_void {
    // SAFETY: it is an object.
    unsafe { qjs::JS_VALUE_GET_PTR(value) }.cast()
}

struct Look {
    ctx: *mut qjs::JSContext,
    objects: *mut std::ffi::c_void,
    arrays: *mut std::ffi::c_void,
}

impl Look {
    /// # Safety
    /// The value is alive, and of the context.
    unsafe fn at(&self, value: qjs::JSValue, levels: usize) -> bool {
        // SAFETY: as of this function.
        unsafe {
            match qjs::JS_VALUE_GET_NORM_TAG(value) {
                qjs::JS_TAG_FLOAT64 => qjs::JS_VALUE_GET_FLOAT64(value).is_finite(),
                qjs::JS_TAG_INT
                | qjs::JS_TAG_BOOL
                | qjs::JS_TAG_NULL
                | qjs::JS_TAG_UNDEFINED
                | qjs::JS_TAG_STRING
                | qjs::JS_TAG_STRING_ROPE => true,
                qjs::JS_TAG_OBJECT => levels > 0 && self.is_of_the_language(value) && self.inside(value, levels - 1),
                _ => false,
            }
        }
    }

    /// # Safety
    /// As of [`at`](Self::at), and it is an object.
    unsafe fn is_of_the_language(&self, value: qjs::JSValue) -> bool {
        // SAFETY: as of this function. A prototype is asked of no proxy, whose code would answer.
        unsafe {
            if qjs::JS_IsProxy(value) {
                return false;
            }
            let expected = if qjs::JS_IsArray(value) { self.arrays } else { self.objects };
            let prototype = qjs::JS_GetPrototype(self.ctx, value);
            let own = qjs::JS_VALUE_GET_NORM_TAG(prototype) == qjs::JS_TAG_OBJECT && pointer(prototype) == expected;
            qjs::JS_FreeValue(self.ctx, prototype);
            own
        }
    }

    /// # Safety
    /// As of [`is_of_the_language`](Self::is_of_the_language), which was true.
    unsafe fn inside(&self, value: qjs::JSValue, levels: usize) -> bool {
        let flags = (qjs::JS_GPN_STRING_MASK | qjs::JS_GPN_ENUM_ONLY) as i32;
        let (mut names, mut count) = (std::ptr::null_mut(), 0);
        // SAFETY: as of this function; what is got is given back.
        unsafe {
            if qjs::JS_GetOwnPropertyNames(self.ctx, &mut names, &mut count, value, flags) < 0 {
                qjs::JS_FreeValue(self.ctx, qjs::JS_GetException(self.ctx));
                return false;
            }
            let all = (0..count as usize).all(|index| self.member(value, (*names.add(index)).atom, levels));
            qjs::JS_FreePropertyEnum(self.ctx, names, count);
            all
        }
    }

    /// # Safety
    /// As of [`inside`](Self::inside); the name is one of the object's.
    unsafe fn member(&self, object: qjs::JSValue, name: qjs::JSAtom, levels: usize) -> bool {
        let mut member = std::mem::MaybeUninit::<qjs::JSPropertyDescriptor>::uninit();
        // SAFETY: it is written where the answer is 1; what is got is given back.
        unsafe {
            if qjs::JS_GetOwnProperty(self.ctx, member.as_mut_ptr(), object, name) != 1 {
                return false;
            }
            let member = member.assume_init();
            let plain = member.flags & qjs::JS_PROP_GETSET as i32 == 0 && self.at(member.value, levels);
            for got in [member.value, member.getter, member.setter] {
                qjs::JS_FreeValue(self.ctx, got);
            }
            plain
        }
    }
}
